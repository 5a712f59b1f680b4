"""What stands in the place of what, and the names of both; no class or object is asked by its own code."""

from __future__ import annotations

from dataclasses import dataclass
from types import FunctionType, MethodType, ModuleType
from typing import Any, cast

from dryfit.weave.originals import is_a, member


@dataclass(slots=True, eq=False)
class Replaced:
    """What a stand-in stands for: ``target`` is the name that leads to it now, "" where a test handed it in.

    ``watched`` says that it is woven, so that ``called`` tells whether somebody called it. ``in_class`` says that it
    stands in a class, in the place of a method.
    """

    name: str
    original: object
    bound: bool
    target: str
    stand_in: object = None
    watched: bool = False
    called: bool = False
    in_class: bool = False

    @property
    def called_as(self) -> str:
        """The last part of the name under which callers find it."""
        return self.target.rpartition(".")[2]

    def member(self, path: str) -> tuple[object, bool]:
        return member(self.original, path) if path else (self.original, self.bound)


def owner_of(target: object) -> object:
    """The module or class to which something belongs that is replaced in a module, class or object."""
    return target if is_a(target, type, ModuleType) else type(target)


def target_of(target: object, attribute: str) -> str:
    return f"{dotted_name(owner_of(target))}.{attribute}"


def by_spec(spec: object) -> Replaced | None:
    """A mock's class; where it is modelled on a function, its parent knows more."""
    known = is_a(spec, type) and module_name(cast(type, spec)) != "builtins"
    return Replaced(dotted_name(spec), spec, False, "") if known else None


def dotted_name(thing: Any) -> str:
    """The dotted name of a module, class or function."""
    if is_a(thing, ModuleType):
        return str(thing.__name__)
    read = type.__getattribute__ if is_a(thing, type) else getattr
    return f"{read(thing, '__module__')}.{read(thing, '__qualname__')}"


def module_name(cls: type) -> str:
    """The module of a class, read past its metaclass."""
    return str(type.__getattribute__(cls, "__module__"))


def is_named(thing: object) -> bool:
    return type(thing) is FunctionType or is_a(thing, type)


def is_method(value: object) -> bool:
    return is_a(value, staticmethod, classmethod, MethodType)


def is_static(owner: object, attribute: str, original: object) -> bool:
    """Whether what was replaced has no receiver; it stood in the owner, or stands in a class that this derives from."""
    if is_a(original, staticmethod):
        return True
    held = [vars(base)[attribute] for base in cast(type, owner).__mro__ if attribute in vars(base)]
    return any(is_a(each, staticmethod) and each.__func__ is original for each in held)
