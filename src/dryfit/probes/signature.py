"""The parameters of a function by kind, and calls that are made of values by their names."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import CodeType
from typing import cast

from dryfit.probes.plain import NotPlainError, likeness


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes; without its receiver where it has one. ``defaults`` are by name."""

    positional_only: tuple[str, ...]
    positional: tuple[str, ...]
    keyword_only: tuple[str, ...]
    var_positional: str
    var_keyword: str
    defaults: Mapping[str, object]

    @classmethod
    def of(cls, code: CodeType, defaults: Mapping[str, object], *, receiver: bool) -> Signature:
        """Read it off the code; ``defaults`` are by the parameters' names."""
        names, last = code.co_varnames, code.co_argcount
        keyword_end = last + code.co_kwonlyargcount
        rest = iter(names[keyword_end:])
        only = code.co_posonlyargcount
        return cls(
            names[receiver:only],
            names[max(only, receiver) : last],
            names[last:keyword_end],
            next(rest) if code.co_flags & inspect.CO_VARARGS else "",
            next(rest) if code.co_flags & inspect.CO_VARKEYWORDS else "",
            defaults,
        )

    @property
    def by_position(self) -> tuple[str, ...]:
        """The parameters that can be given by position."""
        return (*self.positional_only, *self.positional)

    @property
    def names(self) -> set[str]:
        """All of the parameters."""
        return {*self.by_position, *self.keyword_only, self.var_positional, self.var_keyword} - {""}


@dataclass(frozen=True, slots=True)
class Call:
    """The arguments of one call, with the defaults of what is not given."""

    positional: tuple[object, ...]
    keywords: Mapping[str, object]


def named_defaults(code: CodeType, own: tuple[object, ...] | None, keyword: object) -> dict[str, object]:
    """A function's defaults by the names of their parameters."""
    names, given = code.co_varnames[: code.co_argcount], own or ()
    paired = zip(names[len(names) - len(given) :], given, strict=True)
    return {**dict(paired), **cast(dict[str, object], keyword or {})}


def call_with(values: Mapping[str, object], real: Signature, other: Signature) -> Call | None:
    """Make a call of ``other`` of the values that ``real`` got; ``None`` where they cannot be told to fit.

    A value goes to the parameter of the same name, else to the one at the same place if that has a name of its own,
    else into ``*args`` or ``**kwargs``. What was left at its default is left out where there is no parameter for it.
    """
    call = _Placing(real, other)
    return call.made() if all(call.place(*each) for each in _given(values, real)) else None


def _given(values: Mapping[str, object], real: Signature) -> Iterator[tuple[str, object, int | None]]:
    """Every value with its name, "" for those of ``*args``, and its position."""
    for position, name in enumerate(real.by_position):
        yield name, values[name], position
    if real.var_positional:
        for value in cast(tuple[object, ...], values[real.var_positional]):
            yield "", value, None
    for name in real.keyword_only:
        yield name, values[name], None
    if real.var_keyword:
        for name, value in cast(dict[str, object], values[real.var_keyword]).items():
            yield name, value, None


class _Placing:
    """Fills the parameters of one call, one value after another."""

    def __init__(self, real: Signature, other: Signature) -> None:
        self._real = real
        self._other = other
        self._taken: dict[str, object] = {}
        self._rest: list[object] = []
        self._more: dict[str, object] = {}

    def place(self, name: str, value: object, position: int | None) -> bool:
        other = self._other
        if name in (*other.by_position, *other.keyword_only):
            self._taken[name] = value
        elif same_place := self._same_place(position):
            self._taken[same_place] = value
        elif self._is_default(name, value):
            return True
        elif other.var_positional and (position is not None or not name):
            self._rest.append(value)
        elif other.var_keyword and name:
            self._more[name] = value
        else:
            return False
        return True

    def _same_place(self, position: int | None) -> str:
        names = self._other.by_position
        name = names[position] if position is not None and position < len(names) else ""
        return "" if name in self._real.by_position else name

    def _is_default(self, name: str, value: object) -> bool:
        if name not in self._real.defaults:
            return False
        default = self._real.defaults[name]
        try:
            return default is value or likeness(default) == likeness(value)
        except NotPlainError:
            return False

    def made(self) -> Call | None:
        other, taken = self._other, {**self._other.defaults, **self._taken}
        if any(name not in taken for name in (*other.by_position, *other.keyword_only)):
            return None
        positional = [taken.pop(name) for name in other.by_position]
        return Call((*positional, *self._rest), {**taken, **self._more})
