"""How a call is written: read off the instruction that makes it."""

from __future__ import annotations

import dis
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import CodeType, FunctionType
from typing import NamedTuple, cast

from dryfit.weave.trampoline import Parameters


class Written(NamedTuple):
    """So many positional arguments, and these keywords."""

    positional: int
    keywords: tuple[str, ...]


_LOADS_NAME = frozenset(
    {"LOAD_ATTR", "LOAD_METHOD", "LOAD_GLOBAL", "LOAD_NAME", "LOAD_FAST", "LOAD_DEREF", "LOAD_SUPER_ATTR"}
    | {"LOAD_FAST_CHECK", "LOAD_FAST_BORROW"}
)
_PREPARES = frozenset({"PRECALL", "KW_NAMES", "LOAD_CONST", "PUSH_NULL", "CACHE"})
"""What stands beside a call, and loads no name."""


@cache
def written(code: CodeType, offset: int, name: str) -> Written | None:
    """The arguments of the call at ``offset`` in ``code``; ``None`` where it unpacks some, or calls no such name.

    A callback is called by somebody else, though the instruction stands where that one is called: hence ``name``.
    """
    # While a function runs that is written in Python, the offset may be that of the last cache of the instruction.
    instructions = [each for each in dis.get_instructions(code) if each.offset <= offset]
    call = instructions[-1]
    if call.opname not in ("CALL", "CALL_KW") or not _is_called(name, instructions):
        return None
    keywords = _keywords(code, call.opname, instructions)
    return Written((call.arg or 0) - len(keywords), keywords)


def _keywords(code: CodeType, opname: str, instructions: Sequence[dis.Instruction]) -> tuple[str, ...]:
    """The names are a constant: of KW_NAMES up to 3.12, and on top of the stack from 3.13 on."""
    for each in reversed(instructions[-3:-1]):
        if each.opname == "KW_NAMES" or (opname == "CALL_KW" and each.opname == "LOAD_CONST"):
            return tuple(code.co_consts[each.arg or 0])
    return ()


def _is_called(name: str, instructions: Sequence[dis.Instruction]) -> bool:
    """Whether the last thing that is made of what stands before the brackets is the name, by lines and columns."""
    call = instructions[-1]
    begin = _begin(call)
    callee = next(
        (
            each
            for each in reversed(instructions[:-1])
            if each.opname not in _PREPARES and begin is not None and _begin(each) == begin
        ),
        call,
    )
    # A decorator's call has no brackets, and ends where its name ends.
    return callee.opname in _LOADS_NAME and callee.argval == name and _end(callee) != _end(call)


def _begin(instruction: dis.Instruction) -> tuple[int, int] | None:
    where = instruction.positions
    if where is None or where.lineno is None or where.col_offset is None:
        return None
    return where.lineno, where.col_offset


def _end(instruction: dis.Instruction) -> tuple[int | None, int | None] | None:
    where = instruction.positions
    return (where.end_lineno, where.end_col_offset) if where is not None else None


@dataclass(frozen=True, slots=True)
class Signature:
    """What a hand-written stand-in takes."""

    parameters: Parameters
    defaults: Mapping[str, object]
    asynchronous: bool

    @classmethod
    def of(cls, function: FunctionType) -> Signature:
        """Read it off a function that is not woven yet."""
        parameters, own = Parameters.of(function.__code__), function.__defaults__ or ()
        names = (*parameters.positional_only, *parameters.positional)
        defaults = dict(zip(names[len(names) - len(own) :], own, strict=True))
        asynchronous = bool(function.__code__.co_flags & inspect.CO_COROUTINE)
        return cls(parameters, defaults | (function.__kwdefaults__ or {}), asynchronous)

    def given(self, values: Sequence[object]) -> tuple[str, ...]:
        """The names of the parameters that have got something else than their default, but for the receiver.

        ``values`` are in the order of the parameters, ``*args`` and ``**kwargs`` as one each.
        """
        names: list[str] = []
        for name, value in zip(self.parameters.names, values, strict=True):
            if name == self.parameters.var_keyword:
                names += cast(dict[str, object], value)
            elif name != self.parameters.var_positional and self.defaults.get(name, _NONE) is not value:
                names.append(name)
        return tuple(sorted(set(names) - {"self", "cls"}))


_NONE = object()
