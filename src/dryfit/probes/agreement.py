"""Whether a value agrees with a type hint, told without running any code of the value's.

What cannot be told so counts as agreement: protocols, classes with virtual subclasses or with an idea of their own of
``isinstance``, objects that pretend to be of another class. Of exact builtin containers the first elements are
checked, in order; other containers are checked by their class alone.
"""

from __future__ import annotations

import collections
import collections.abc
import types
import typing
from dataclasses import dataclass
from typing import Any

from dryfit.probes import hint_checks
from dryfit.probes.hint_checks import ABSTRACT, Check, anything
from dryfit.probes.membership import has_own_idea
from dryfit.probes.statics import defines, derives, module_of, namespace, type_name

MOST_NESTED = 8

_WRAPPERS = {typing.Annotated, typing.Required, typing.NotRequired, typing.Final, typing.ClassVar}

_SPECIAL: dict[Any, Check] = {
    None: hint_checks.instance(type(None)),
    type: hint_checks.either(hint_checks.instance(type), hint_checks.generic_alias),
    bool: hint_checks.instance(bool),
    typing.LiteralString: hint_checks.instance(str),
    typing.Never: hint_checks.never,
    typing.NoReturn: hint_checks.never,
    typing.Self: anything,
    collections.abc.Callable: hint_checks.callable_,
}

_OF_ITEMS = {
    list, set, frozenset, collections.deque,
    collections.abc.Iterable, collections.abc.Collection, collections.abc.Container, collections.abc.Reversible,
    collections.abc.Sequence, collections.abc.MutableSequence, collections.abc.Set, collections.abc.MutableSet,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Agreement:
    """The check for a hint.

    ``unchecked`` says what it leaves out, ``open`` that part of the hint allows anything, ``container`` that it names
    a class that can be gone through, and is none of the builtin ones.
    """

    check: Check
    unchecked: tuple[str, ...]
    open: bool
    container: bool = False


def agreement(hint: object) -> Agreement:
    """Make the check for a resolved hint."""
    compiler = _Compiler()
    check = compiler.check(hint, 0)
    return Agreement(check, tuple(dict.fromkeys(compiler.unchecked)), compiler.open, compiler.container)


class _Compiler:
    __slots__ = ("container", "open", "unchecked")

    def __init__(self) -> None:
        self.unchecked: list[str] = []
        self.open = False
        self.container = False

    def check(self, hint: Any, depth: int) -> Check:
        if hint is Any or hint is object or depth > MOST_NESTED:
            self.open = True
            return anything
        origin = typing.get_origin(hint)
        if origin is not None:
            return self._parameterised(hint, origin, typing.get_args(hint), depth + 1)
        if isinstance(hint, typing.NewType):
            return self.check(hint.__supertype__, depth + 1)
        if type(hint).__name__ == "TypeAliasType":
            return self.check(hint.__value__, depth + 1)
        if hint in _SPECIAL:
            return _SPECIAL[hint]
        if isinstance(hint, type):
            return self._class(hint)
        return self._leave(f"{_title(hint)} is not checked")

    def _leave(self, reason: str) -> Check:
        self.unchecked.append(reason)
        self.open = True
        return anything

    def _parameterised(self, hint: Any, origin: Any, args: tuple[Any, ...], depth: int) -> Check:
        if origin in _WRAPPERS:
            return self.check(args[0], depth)
        if origin is typing.Union or origin is types.UnionType:
            return hint_checks.union([self.check(arg, depth) for arg in args])
        if origin is typing.Literal:
            return hint_checks.literal(args)
        if origin is collections.abc.Callable:
            return hint_checks.callable_
        if origin is typing.TypeGuard or _title(origin) == "TypeIs":
            return _SPECIAL[bool]
        if not isinstance(origin, type):
            return self._leave(f"{_title(origin)} is not checked")
        return self._container(origin, args, depth)

    def _container(self, origin: type, args: tuple[Any, ...], depth: int) -> Check:
        outer = self._class(origin)
        if origin is type:
            return hint_checks.either(outer, hint_checks.generic_alias)
        if not args:
            return outer
        if origin is tuple:
            return self._tuple(outer, args, depth)
        if issubclass(collections.OrderedDict, origin) and len(args) == 2:
            return hint_checks.both(
                outer, hint_checks.pairs(self.check(args[0], depth), self.check(args[1], depth))
            )
        if len(args) == 1 and origin in _OF_ITEMS:
            return hint_checks.both(outer, hint_checks.items(self.check(args[0], depth)))
        return outer

    def _tuple(self, outer: Check, args: tuple[Any, ...], depth: int) -> Check:
        if len(args) == 2 and args[1] is Ellipsis:
            return hint_checks.both(outer, hint_checks.items(self.check(args[0], depth)))
        if any(typing.get_origin(arg) is typing.Unpack for arg in args):
            return outer
        return hint_checks.both(
            outer, hint_checks.places([self.check(arg, depth) for arg in args if arg != ()])
        )

    def _class(self, cls: Any) -> Check:
        if cls in ABSTRACT:
            return hint_checks.abstract(cls)
        # What typing itself defines, as IO, has no subclasses.
        if namespace(cls).get("_is_protocol") is True or module_of(cls) == "typing":
            return self._leave(f"the protocol {type_name(cls)} is not checked")
        if typing.is_typeddict(cls):
            return hint_checks.typed_dict(cls)
        if has_own_idea(type(cls)):
            return self._leave(f"{type_name(cls)} has an idea of its own of what is an instance")
        self.container |= module_of(cls) != "builtins" and defines(cls, "__iter__") and not _is_text(cls)
        return hint_checks.instance(cls)


def _is_text(cls: type) -> bool:
    return derives(cls, str) or derives(cls, bytes)


def _title(hint: object) -> str:
    return str(getattr(hint, "__name__", None) or type(hint).__name__)
