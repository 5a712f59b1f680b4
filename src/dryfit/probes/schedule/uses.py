"""Who uses a lock, and for what: read from the frames that led to it."""

from __future__ import annotations

import concurrent.futures
import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType

from dryfit.model.interleaving import StepKind
from dryfit.model.seam import Place

_FUTURES = str(Path(concurrent.futures.__file__).parent)
_MODULES = frozenset((threading.__file__, queue.__file__))
_WAIT = threading.Condition.wait.__code__
_WITHIN: frozenset[CodeType] = frozenset(
    (_WAIT, threading.Condition._acquire_restore.__code__, threading.Condition._is_owned.__code__)  # type: ignore[attr-defined]
)
"""What a condition does while it has its lock."""
_IMPORT = "<frozen importlib._bootstrap>"
"""Where a module that another thread imports is waited for, at a lock that the waiting thread has taken itself."""

_PRIVATE = frozenset((
    "anyio._backends._asyncio", "anyio.from_thread", "asyncio.mixins", "dryfit", "http.cookiejar",
    "importlib", "logging", "psycopg", "sqlalchemy.util._collections", "sqlalchemy.util.langhelpers",
    "starlette.testclient",
))  # fmt: skip
"""Packages and modules of which each lock is dryfit's, that of one connection or of one request, or of no matter for
what comes of it."""

_POOLS = frozenset(("sqlalchemy.pool.impl", "sqlalchemy.util.queue"))

_LOCKING = frozenset(("acquire", "__enter__", "release", "__exit__"))


@dataclass(frozen=True, slots=True)
class Use:
    """``kind`` and ``what`` are for a step; ``is_own`` says that it is the components' code that uses the lock.

    ``is_signal`` says that the lock tells of an event, as that of each waiter of a condition: nobody holds it.
    ``is_private`` says that it guards nothing by which operations could tell that others use it, ``has_room`` that they
    could only where another one finds no room: they take connections of a pool, or give them back.
    """

    kind: StepKind
    what: str
    place: Place | None
    is_own: bool
    is_signal: bool
    is_private: bool = False
    has_room: bool = False


class Uses:
    """Reads uses; ``place`` tells where a frame stands in the components' code."""

    def __init__(self, place: Callable[[FrameType], Place | None]) -> None:
        self._place = place
        self._names: dict[int, tuple[object, str]] = {}

    def forget(self) -> None:
        """Another interleaving has other objects."""
        self._names.clear()

    def of(self, used: object, frame: FrameType) -> Use:
        """The use of a lock or queue by the code of a frame; its place only where that is the components' own."""
        caller, through = _outside(frame)
        place = self._place(caller) if caller is not None else None
        if through is not None:
            used = through.f_locals.get("self", used)
        is_lock = through is None or through.f_code.co_name in _LOCKING
        what = type(used).__name__ if place is None or caller is None else self._name(used, caller)
        if through is not None and not is_lock:
            what = f"{what}.{through.f_code.co_name}"
        is_own = place is not None and frame.f_code not in _WITHIN
        is_signal = frame.f_code is _WAIT or frame.f_code.co_filename == _IMPORT
        module = str(caller.f_globals.get("__name__", "")) if caller is not None else ""
        has_room = caller is not None and module in _POOLS and _has_room(caller)
        kind: StepKind = "lock" if is_lock else "wait"
        return Use(kind, what, place, is_own, is_signal, _is_private(module), has_room)

    def nearest(self, frame: FrameType | None) -> Place | None:
        """Where the components' own code stands that led to a frame."""
        while frame is not None:
            place = self._place(frame)
            if place is not None:
                return place
            frame = frame.f_back
        return None

    def _name(self, used: object, frame: FrameType) -> str:
        known = self._names.get(id(used))
        if known is None:
            known = self._names[id(used)] = used, _name_in(frame, used) or type(used).__name__
        return known[1]


def _outside(frame: FrameType) -> tuple[FrameType | None, FrameType | None]:
    """The first frame outside of the library's own primitives, and the last one inside of them."""
    caller: FrameType | None = frame
    through = None
    while caller is not None and _is_primitive(caller.f_code.co_filename):
        through, caller = caller, caller.f_back
    return caller, through


def _is_private(module: str) -> bool:
    """Whether locks of a module guard one connection, one request, the log, or what is loaded."""
    return module in _PRIVATE or module.partition(".")[0] in _PRIVATE


def _has_room(frame: FrameType) -> bool:
    """Whether the code of a pool does not wait in this frame for what others give back."""
    return frame.f_code.co_name != "get" or not frame.f_locals.get("block", True)


def _is_primitive(file: str) -> bool:
    return file in _MODULES or file.startswith(_FUTURES)


def _name_in(frame: FrameType, used: object) -> str:
    """How the code of a frame may name an object: as a variable, or as an attribute of one."""
    values = frame.f_locals
    for name, value in (*values.items(), *frame.f_globals.items()):
        if value is used:
            return name
    for owner in values.values():
        for name, value in names_in(owner).items():
            if value is used:
                return f"{type(owner).__qualname__}.{name}"
    return ""


def names_in(owner: object) -> Mapping[str, object]:
    """What an object itself holds; nothing for one that makes a secret of it, as a proxy may."""
    try:
        held: Mapping[str, object] = object.__getattribute__(owner, "__dict__")
    except Exception:  # noqa: BLE001 - whatever an object of the program answers
        return {}
    return held if isinstance(held, dict) else {}
