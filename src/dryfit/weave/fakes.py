"""Tells which objects that tests hand to components stand in for a class of the project.

A test that hands in ``FakeGateway()`` says nowhere whom it stands for. It is taken for a stand-in of a class of the
project where

- the parameter is annotated with that class, and the object's class does not derive from it, or
- every public method of its class is one of that class's, and of no other class that would do (protocols aside), or
- it derives from the class, and says with its name that it is no real one.

Other classes of the tests, as views or models for a framework, are what they are.
"""

from __future__ import annotations

import inspect
import re
import sys
import typing
from collections.abc import Iterator, Mapping
from types import FunctionType, UnionType
from typing import NamedTuple, cast

from dryfit.model.annotations import annotations_of
from dryfit.model.crossing import Callee
from dryfit.weave.originals import is_a

_SAYS_SO = re.compile(r"fake|stub|mock|dummy|spy|double|in_?memory|recording|null|noop", re.IGNORECASE)
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z_0-9.]*")


class Role(NamedTuple):
    """The class of the project that is stood in for."""

    cls: type
    name: str


class Roles:
    """The classes of the components; ``modules`` maps dotted module names to components."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        self._modules = modules
        self._known: dict[str, type] = {}

    def annotated(self, callee: Callee, parameter: str) -> Role | None:
        """The class that a parameter is annotated with."""
        hint = annotations_of(callee.function).get(parameter) if callee.function is not None else None
        classes = (
            [self._named(each) for each in _IDENTIFIER.findall(hint)] if type(hint) is str else _classes(hint)
        )
        roles = [role for role in map(self._role, filter(None, classes)) if role is not None]
        return roles[0] if len(roles) == 1 else None

    def played_by(self, fake: type) -> Role | None:
        """The class that a class of the tests stands in for, by what it offers."""
        bases = [base for base in fake.__mro__[1:-1] if self._role(base) is not None]
        if bases:
            return self._role(bases[0]) if _SAYS_SO.search(fake.__name__) else None
        methods = set(_public_methods(fake))
        classes = [
            cls for cls in self._classes() if not vars(cls).get("_is_protocol")
        ]  # that answers no calls
        found = [cls for cls in classes if methods and methods <= set(_offered(cls))]
        alike = [cls for cls in found if cls.__name__.lower() in fake.__name__.lower()]
        for chosen in (alike, found):
            if len(chosen) == 1:
                return self._role(chosen[0])
        return None

    def _role(self, cls: type) -> Role | None:
        known = cls.__module__ in self._modules and "<locals>" not in cls.__qualname__
        return Role(cls, f"{cls.__module__}.{cls.__qualname__}") if known else None

    def _named(self, text: str) -> type | None:
        last = text.rpartition(".")[2]
        found = [cls for cls in self._classes() if cls.__name__ == last]
        return found[0] if len(found) == 1 else None

    def _classes(self) -> list[type]:
        """Every class that a loaded module of a component defines at its top; modules may still be loading."""
        for name in self._modules:
            for found in list(vars(sys.modules[name]).values()) if name in sys.modules else ():
                if issubclass(type(found), type) and found.__module__ == name:
                    self._known[f"{name}.{found.__qualname__}"] = found
        return list(self._known.values())


def _classes(hint: object) -> list[type | None]:
    """The class that a hint is, or those of a union."""
    together = typing.get_origin(hint) in (typing.Union, UnionType, typing.Annotated)
    hints = typing.get_args(hint) if together else (hint,)
    return [cast(type, each) for each in hints if is_a(each, type)]


def _public_methods(cls: type) -> Iterator[str]:
    for base in cls.__mro__[:-1]:
        for name, value in vars(base).items():
            function = value.__func__ if is_a(value, staticmethod, classmethod) else value
            if is_a(function, FunctionType) and not name.startswith("_"):
                yield name


def _offered(cls: type) -> Iterator[str]:
    for base in cls.__mro__[:-1]:
        yield from vars(base)


def own_methods(cls: type) -> Iterator[tuple[str, FunctionType]]:
    """The methods that a class itself defines, by name; special ones are Python's to call."""
    for name, value in vars(cls).items():
        function = value.__func__ if is_a(value, staticmethod, classmethod) else value
        if is_a(function, FunctionType) and not (name.startswith("__") and name != "__call__"):
            inner = inspect.unwrap(function)
            if type(inner) is FunctionType:  # a wrapper may say of anything that it wraps it
                yield name, inner
