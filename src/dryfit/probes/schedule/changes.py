"""Whether lines of source change what others may see in memory, read from bytecode as they are about to run.

What only its own function knows does not count: a list that it has made itself, the attributes of an object that it is
just making. Neither do objects that stand for rows of a database, which belong to one session. What cannot be told
counts.
"""

from __future__ import annotations

import builtins
import dis
import inspect
from collections import deque
from collections.abc import Iterable, Iterator
from types import CodeType, FrameType, ModuleType

from dryfit.probes.held import is_mapped
from dryfit.probes.schedule.looking import UNKNOWN, is_container
from dryfit.probes.schedule.uses import names_in

_MAKERS = frozenset(("__init__", "__new__", "__post_init__"))
_MUTATORS = frozenset(
    name
    for cls in (list, dict, set, deque, bytearray)
    for name in vars(cls)
    if not name.startswith("_") and not hasattr(tuple, name) and not hasattr(frozenset, name)
) - {"get", "items", "keys", "values"}
_CHANGING = tuple(getattr(builtins, name) for name in ("next", "anext", "setattr", "delattr"))
_BIRTHS = frozenset(
    (
        *("BUILD_LIST", "BUILD_MAP", "BUILD_SET", "BUILD_CONST_KEY_MAP"),
        *("LIST_EXTEND", "DICT_UPDATE", "SET_UPDATE"),
    )
)


class Changes:
    """Looks at one line after the other; ``seen`` says that one of them changes something."""

    def __init__(self) -> None:
        self.seen = False
        self._codes: dict[CodeType, _Code] = {}

    def reached(self, frame: FrameType, line: int) -> None:
        """A frame is about to run a line."""
        if not self.seen:
            code = self._codes.get(frame.f_code)
            if code is None:
                code = self._codes[frame.f_code] = _Code(frame.f_code)
            self.seen = _Line(frame, code.born).changes(code.lines.get(line, ()))


class _Code:
    """The instructions of a code object by line, and the variables that hold only containers which it makes itself."""

    def __init__(self, code: CodeType) -> None:
        self.lines: dict[int, list[dis.Instruction]] = {}
        stored: dict[str, bool] = dict.fromkeys(_arguments(code), False)
        before = ""
        for each in dis.get_instructions(code):
            number = each.positions.lineno if each.positions else None
            if number is not None:
                self.lines.setdefault(number, []).append(each)
            for name in _stored(each):
                stored[name] = stored.get(name, True) and before in _BIRTHS
            before = each.opname
        self.born = frozenset(name for name, is_born in stored.items() if is_born)


class _Line:
    """Reads the instructions of one line; ``_top`` is what was loaded last.

    ``_of_function`` says that a container was loaded that only the function knows, ``_of_others`` that another one was.
    """

    def __init__(self, frame: FrameType, born: frozenset[str]) -> None:
        self._frame = frame
        self._born = born
        self._top: object = UNKNOWN
        self._is_born = self._of_function = self._of_others = False

    def changes(self, instructions: Iterable[dis.Instruction]) -> bool:
        return any(self._changes(each.opname, each.argval) for each in instructions)

    def _changes(self, name: str, value: object) -> bool:
        top, self._top = self._top, UNKNOWN
        if name.startswith("LOAD_FAST") or name in ("LOAD_DEREF", "LOAD_CLASSDEREF"):
            self._load(value)
        elif name in ("LOAD_GLOBAL", "LOAD_NAME"):
            self._top = self._frame.f_globals.get(str(value), getattr(builtins, str(value), UNKNOWN))
            self._is_born = False
            self._of_others |= _may_be_container(self._top)
            return any(self._top is each for each in _CHANGING)
        elif name in ("LOAD_ATTR", "LOAD_METHOD"):
            return self._changes_by_call(top, str(value))
        elif name in ("STORE_ATTR", "DELETE_ATTR"):
            return not (is_mapped(top) or self._is_being_made(top))
        elif name in ("STORE_SUBSCR", "DELETE_SUBSCR", "STORE_SLICE"):
            return self._of_others or not self._of_function
        elif name in ("STORE_DEREF", "DELETE_DEREF"):
            return value in self._frame.f_code.co_freevars
        return name in ("STORE_GLOBAL", "DELETE_GLOBAL")

    def _load(self, value: object) -> None:
        for name in value if isinstance(value, tuple) else (value,):
            self._top = self._frame.f_locals.get(str(name), UNKNOWN)
            self._is_born = name in self._born
            self._of_function |= self._is_born
            self._of_others |= not self._is_born and _may_be_container(self._top)

    def _changes_by_call(self, owner: object, name: str) -> bool:
        """Whether a method is one that changes a container, of one that others may see."""
        is_born, self._is_born = self._is_born, False
        self._top = _member(owner, name)
        self._of_others |= is_container(self._top)
        if name not in _MUTATORS or is_born:
            return False
        return _may_be_container(owner)

    def _is_being_made(self, owner: object) -> bool:
        code = self._frame.f_code
        first = self._frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None
        return code.co_name in _MAKERS and owner is first


def _may_be_container(value: object) -> bool:
    return value is UNKNOWN or is_container(value)


def _arguments(code: CodeType) -> tuple[str, ...]:
    flags = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + flags]


def _stored(instruction: dis.Instruction) -> Iterator[str]:
    """The variables to which an instruction gives a value."""
    if not instruction.opname.startswith("STORE_FAST"):
        return
    value = instruction.argval
    if not isinstance(value, tuple):
        yield str(value)
    else:
        yield from value if instruction.opname == "STORE_FAST_STORE_FAST" else value[:1]


def _member(owner: object, name: str) -> object:
    """What stands under a name, without running any of the program's code."""
    if owner is UNKNOWN:
        return UNKNOWN
    if isinstance(owner, ModuleType):
        return vars(owner).get(name, UNKNOWN)
    found = names_in(owner).get(name, UNKNOWN)
    if found is not UNKNOWN:
        return found
    return inspect.getattr_static(owner if isinstance(owner, type) else type(owner), name, UNKNOWN)
