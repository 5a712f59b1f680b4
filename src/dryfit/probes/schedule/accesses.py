"""What a line of source may touch that others can touch too, read from its bytecode.

Objects are not told apart, names are: ``.stock`` stands for the attribute or global ``stock`` of whatever it is, ``[]``
for what any container holds. So two lines that touch the same are never taken for independent. A line may touch
anything that calls more than the components' own functions, whose lines speak for themselves, and Python's primitives,
which are switch points of their own.
"""

from __future__ import annotations

import builtins
import dis
import inspect
import threading
from _thread import LockType, RLock
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Queue, SimpleQueue
from threading import Thread
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, ModuleType

from dryfit.model.interleaving import ANYTHING, Footprint
from dryfit.model.opcodes import LOADS_CONSTANT
from dryfit.probes.schedule.uses import names_in

_CONTENT = "[]"
_UNKNOWN = object()

_READS = frozenset(("BINARY_SUBSCR", "BINARY_SLICE"))
_ATTRIBUTES = frozenset(("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR"))
_WRITES = frozenset(("STORE_SUBSCR", "DELETE_SUBSCR", "STORE_SLICE"))
_CALLS = frozenset(
    ("CALL", "CALL_KW", "CALL_FUNCTION_EX", "BEFORE_WITH", "BEFORE_ASYNC_WITH", "SEND", "IMPORT_NAME")
)
_PURE: frozenset[object] = frozenset(
    getattr(builtins, name)
    for name in (
        *(
            "abs",
            "all",
            "any",
            "bool",
            "bytes",
            "dict",
            "enumerate",
            "float",
            "frozenset",
            "id",
            "int",
            "isinstance",
        ),
        *(
            "issubclass",
            "len",
            "list",
            "max",
            "min",
            "range",
            "repr",
            "round",
            "set",
            "sorted",
            "str",
            "sum",
            "tuple",
        ),
        *("type", "zip"),
    )
)
_CODE = (FunctionType, BuiltinFunctionType, ModuleType, type)
_PRIMITIVES = (
    *(LockType, RLock, SimpleQueue, Queue, Thread, Future),
    *(threading.Condition, threading.Semaphore, threading.Event, threading.Barrier),
)


@dataclass(frozen=True, slots=True)
class Touch:
    """What a line touches; ``is_shared`` says that others may touch it too, so that it matters who comes first."""

    footprint: Footprint
    is_shared: bool


class Accesses:
    """Reads code objects; ``is_own`` says of a file whether its code is the components' own."""

    def __init__(self, is_own: Callable[[str], bool]) -> None:
        self._is_own = is_own

    def of(self, code: CodeType, frame: FrameType) -> dict[int, Touch]:
        """What each line of the code touches; ``frame`` runs it, and shows what its names stand for."""
        lines: dict[int, list[dis.Instruction]] = {}
        for instruction in dis.get_instructions(code):
            number = instruction.positions.lineno if instruction.positions else None
            if number is not None:
                lines.setdefault(number, []).append(instruction)
        return {number: _Line(frame, self._is_own).read(each) for number, each in lines.items()}


class _Line:
    """Reads the instructions of one line; ``_top`` is what the last one has loaded, where that is known."""

    def __init__(self, frame: FrameType, is_own: Callable[[str], bool]) -> None:
        self._frame = frame
        self._is_own = is_own
        self._reads: set[str] = set()
        self._writes: set[str] = set()
        self._calls = self._known_calls = 0
        self._top: object = _UNKNOWN

    def read(self, instructions: Iterable[dis.Instruction]) -> Touch:
        for instruction in _without_exits(_entered_at_once(instructions)):
            self._read(instruction.opname, instruction.argval, instruction.argrepr)
        is_shared = bool(self._reads or self._writes)
        if self._calls > self._known_calls:
            return Touch(ANYTHING, is_shared)
        reads = self._reads | {_CONTENT}  # it may iterate, compare or unpack, also what only a variable names
        return Touch(Footprint(frozenset(reads), frozenset(self._writes)), is_shared)

    def _read(self, name: str, value: object, text: str) -> None:
        top, self._top = self._top, _UNKNOWN
        if name.startswith("LOAD_FAST"):
            self._top = self._first(value)
        elif name == "LOAD_GLOBAL":
            self._load(
                str(value), self._frame.f_globals.get(str(value), getattr(builtins, str(value), _UNKNOWN))
            )
        elif isinstance(top, _PRIMITIVES) and name in _ATTRIBUTES:
            self._known_calls += 1
        elif name in _ATTRIBUTES:
            self._load(str(value), _member(top, str(value)))
        elif name in ("STORE_ATTR", "DELETE_ATTR", "STORE_GLOBAL", "DELETE_GLOBAL"):
            self._writes.add(f".{value}")
        elif name in ("LOAD_DEREF", "LOAD_CLASSDEREF"):
            self._load(str(value), _UNKNOWN)
        elif name in ("STORE_DEREF", "DELETE_DEREF"):
            self._writes.add(f".{value}")
        else:
            self._act(name, text, top)

    def _act(self, name: str, text: str, top: object) -> None:
        if name in _READS or (name == "BINARY_OP" and text == "[]"):
            self._reads.add(_CONTENT)
        elif name in _WRITES:
            self._writes.add(_CONTENT)
        elif name == "BINARY_OP" and text.endswith("=") and (self._reads or self._writes):
            self._writes.add(_CONTENT)  # it may change a list in its place
        elif name in _CALLS:
            self._calls += 1
            self._known_calls += isinstance(top, _PRIMITIVES) and name == "BEFORE_WITH"

    def _first(self, name: object) -> object:
        """The receiver, which stays what it is for as long as a function runs."""
        code = self._frame.f_code
        last = name[-1] if isinstance(name, tuple) else name
        is_first = code.co_argcount > 0 and last == code.co_varnames[0]
        return self._frame.f_locals.get(code.co_varnames[0], _UNKNOWN) if is_first else _UNKNOWN

    def _load(self, name: str, value: object) -> None:
        if not isinstance(value, (*_CODE, *_PRIMITIVES)):
            self._reads.add(f".{name}")
            return
        self._top = value
        if isinstance(value, FunctionType):
            self._known_calls += self._is_own(str(value.__globals__.get("__file__", "")))
        elif isinstance(value, type | BuiltinFunctionType):
            self._known_calls += isinstance(value, type) or value in _PURE


def _entered_at_once(instructions: Iterable[dis.Instruction]) -> Iterator[dis.Instruction]:
    """Tell how a block begins by one instruction, as up to CPython 3.13.

    Since then there are several: the manager is copied, both of its methods are loaded, and one is called.
    """
    waiting: list[dis.Instruction] = []
    loading = calling = False
    for each in instructions:
        if each.opname == "LOAD_SPECIAL":
            waiting.clear()
            calling = "enter" in each.argrepr
            loading = not calling
            if calling:
                is_async = each.argrepr.startswith("__a")
                yield each._replace(opname="BEFORE_ASYNC_WITH" if is_async else "BEFORE_WITH")
        elif calling and each.opname == "CALL":
            calling = False
        elif not loading and each.opname == "COPY":
            waiting.append(each)
        elif not loading:
            yield from waiting
            waiting.clear()
            yield each
    yield from waiting


def _without_exits(instructions: Iterable[dis.Instruction]) -> Iterator[dis.Instruction]:
    """Leave out the calls of ``__exit__``, with three times None: what a block begins with is judged already."""
    nones = 0
    for each in instructions:
        is_exit = each.opname == "CALL" and nones >= 3
        if each.opname != "PRECALL":
            nones = nones + 1 if each.opname in LOADS_CONSTANT and each.argval is None else 0
        if not is_exit:
            yield each


def _member(owner: object, name: str) -> object:
    """What stands under a name, where that seldom changes: in modules and classes, and primitives in objects."""
    if owner is _UNKNOWN:
        return _UNKNOWN
    if isinstance(owner, ModuleType):
        return vars(owner).get(name, _UNKNOWN)
    cls = owner if isinstance(owner, type) else type(owner)
    found = inspect.getattr_static(cls, name, _UNKNOWN)
    if found is _UNKNOWN:
        held = names_in(owner).get(name, _UNKNOWN)
        return held if isinstance(held, _PRIMITIVES) else _UNKNOWN
    return found
