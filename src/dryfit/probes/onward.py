"""What goes on and cannot be set back in place, for its state is C's or a library's: whether it has moved is known."""

from __future__ import annotations

import io
import itertools
import random
import re
import threading
import types
from _thread import LockType
from _thread import RLock as RLockType
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dryfit.probes.held import is_mapped
from dryfit.probes.statics import derives, instance_dict, type_name

_CACHED = type(lru_cache(lambda: None))
_EMPTY: tuple[Iterable[object], ...] = ([], (), "", b"", range(0), {}, {}.values(), {}.items(), set())
_ITERATORS = tuple(type(iter(each)) for each in _EMPTY)
_COPIED = _ITERATORS[:5]
"""Iterators of which a copy stands where the original does."""

_COUNT = re.compile(r"count\((-?\d+)(?:, (-?\d+))?\)")

_WORK = ("_target", "_args", "_kwargs")
"""What a thread is to do: it forgets that when it is over."""

_KEPT_OF_THREADS = frozenset((*_WORK, "_name", "_daemonic"))
ENDING = 0.25
"""Seconds in which a thread has to come to its end that has done its work."""

_SESSIONS = frozenset({"sqlalchemy.orm.session.Session", "sqlalchemy.ext.asyncio.session.AsyncSession"})


@dataclass(frozen=True, slots=True)
class Onward:
    """How far something is: ``reading`` is another one when it has moved.

    ``mend`` sets it back after all, given the reading, and ``spare`` makes another one that is as far; both are
    ``None`` where that cannot be.
    """

    reading: Callable[[Any], object]
    mend: Callable[[Any, Any], bool] | None = None
    spare: Callable[[Any], object] | None = None


class _Held:
    """Equal for the same object alone, which it keeps alive."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return type(other) is _Held and other.value is self.value

    __hash__ = None  # type: ignore[assignment]


def onward(value: object) -> Onward | None:
    """How to read a value of that kind; ``None`` where it is none."""
    found = _KINDS.get(type(value))
    if found is not None:
        return found
    if derives(type(value), threading.Thread):
        return Onward(_work)
    if is_mapped(value):
        return Onward(_row)
    return Onward(_session) if type_name(type(value)) in _SESSIONS else None


def _next_number(value: Any) -> object:
    found = _COUNT.fullmatch(repr(value))
    return itertools.count(*(int(part) for part in found.groups() if part is not None)) if found else value


def _left(value: Any) -> object:
    return value.__length_hint__()


def _frame(value: Any) -> object:
    frame = next(
        getattr(value, name) for name in ("gi_frame", "cr_frame", "ag_frame") if hasattr(value, name)
    )
    return None if frame is None else frame.f_lasti


def _place(value: Any) -> object:
    """Whether a file is open, and where."""
    if value.closed:
        return "closed"
    try:
        return value.tell()
    except (OSError, ValueError):  # a pipe, a terminal
        return "open"


def _misses(value: Any) -> object:
    """How often a cache had to be filled; nothing where it is empty."""
    info = value.cache_info()
    return info.misses if info.currsize else 0


def _emptied(value: Any, reading: object) -> bool:
    if reading == 0:
        value.cache_clear()
    return reading == 0


def _released(value: Any, reading: object) -> bool:
    if reading:
        value.acquire(blocking=False)
    else:
        value.release()
    return True


def _reset(value: Any, reading: Any) -> bool:
    value.setstate(reading)
    return True


def _work(thread: Any) -> object:
    """What a thread is to do that was not started yet."""
    if thread.ident is not None:
        return "started"
    own = instance_dict(thread) or {}
    return [_Held(own.get(name)) for name in _WORK]


def _unstarted(thread: threading.Thread, reading: Any) -> bool:
    """Have a thread that is over be as it was before it was started; nobody can do that with one that runs."""
    if reading == "started":
        return False
    threading.Thread.join(thread, ENDING)
    if thread.is_alive():
        return False
    own = vars(thread)
    own.update((name, each.value) for name, each in zip(_WORK, reading, strict=True))
    fresh = vars(threading.Thread(name=thread.name, daemon=thread.daemon))
    own.update((name, value) for name, value in fresh.items() if name not in _KEPT_OF_THREADS)
    return True


def _row(value: Any) -> object:
    """What an object that stands for a row of a database holds: its session would have to go back with it."""
    own = instance_dict(value) or {}
    return [(name, _Held(item)) for name, item in own.items() if name not in ("_sa_instance_state", "_state")]


def _session(value: Any) -> object:
    """How many objects a session of SQLAlchemy's knows, and in which transaction."""
    own = instance_dict(value) or {}
    inner = instance_dict(own["sync_session"]) if "sync_session" in own else own
    inner = inner or {}
    known = instance_dict(inner.get("identity_map")) or {}
    sizes = [len(each) if isinstance(each, dict) else 0 for each in (known.get("_dict"), inner.get("_new"))]
    return [*sizes, _Held(inner.get("_transaction"))]


_KINDS: Mapping[type, Onward] = {
    itertools.count: Onward(repr, spare=_next_number),
    **{kind: Onward(_left, spare=copy if kind in _COPIED else None) for kind in _ITERATORS},
    **{kind: Onward(_frame) for kind in (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)},
    **{
        kind: Onward(_place)
        for kind in (io.TextIOWrapper, io.BufferedReader, io.BufferedWriter, io.BufferedRandom, io.FileIO)
    },
    _CACHED: Onward(_misses, mend=_emptied),
    LockType: Onward(lambda value: value.locked(), mend=_released),
    RLockType: Onward(lambda value: repr(value).partition(" ")[0]),
    threading.Thread: Onward(_work, mend=_unstarted),
    random.Random: Onward(random.Random.getstate, mend=_reset),
}
