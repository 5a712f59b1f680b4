"""Whether a value agrees with a type hint, told without running any code of the value's.

What cannot be told so counts as agreement: protocols, classes with virtual subclasses or with an idea of their own of
``isinstance``, objects that pretend to be of another class. Elements of exact builtin containers are checked, the
first ones (see ``MOST_ITEMS``), in order; other containers are checked by their class alone.
"""

from __future__ import annotations

import collections
import collections.abc
import datetime
import os
import sys
import types
import typing
import weakref
from abc import ABCMeta
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import EnumMeta
from itertools import islice
from typing import Any

from dryfit.model.test_modules import is_test_module
from dryfit.probes.look import is_stand_in
from dryfit.probes.parts import MOST_ITEMS
from dryfit.probes.statics import (
    defines,
    derives,
    is_library_class,
    module_of,
    mro,
    namespace,
    told_once,
    type_name,
)

MOST_NESTED = 8

Check = Callable[[object], str | None]
"""Gives ``None`` for agreement, or what was found instead."""


def anything(value: object) -> str | None:
    """Agree with every value."""
    return None


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
            return _union([self.check(arg, depth) for arg in args])
        if origin is typing.Literal:
            return _literal(args)
        if origin is collections.abc.Callable:
            return _callable
        if origin is typing.TypeGuard or _title(origin) == "TypeIs":
            return _SPECIAL[bool]
        if not isinstance(origin, type):
            return self._leave(f"{_title(origin)} is not checked")
        return self._container(origin, args, depth)

    def _container(self, origin: type, args: tuple[Any, ...], depth: int) -> Check:
        outer = self._class(origin)
        if origin is type:
            return _either(outer, _generic_alias)
        if not args:
            return outer
        if origin is tuple:
            return self._tuple(outer, args, depth)
        if issubclass(collections.OrderedDict, origin) and len(args) == 2:
            return _both(outer, _pairs(self.check(args[0], depth), self.check(args[1], depth)))
        if len(args) == 1 and origin in _OF_ITEMS:
            return _both(outer, _items(self.check(args[0], depth)))
        return outer

    def _tuple(self, outer: Check, args: tuple[Any, ...], depth: int) -> Check:
        if len(args) == 2 and args[1] is Ellipsis:
            return _both(outer, _items(self.check(args[0], depth)))
        if any(typing.get_origin(arg) is typing.Unpack for arg in args):
            return outer
        return _both(outer, _places([self.check(arg, depth) for arg in args if arg != ()]))

    def _class(self, cls: Any) -> Check:
        if cls in _ABSTRACT:
            return _abstract(cls)
        if (
            namespace(cls).get("_is_protocol") is True or module_of(cls) == "typing"
        ):  # typing.IO has no subclasses
            return self._leave(f"the protocol {type_name(cls)} is not checked")
        if typing.is_typeddict(cls):
            return _typed_dict(cls)
        if _has_own_idea(type(cls)):
            return self._leave(f"{type_name(cls)} has an idea of its own of what is an instance")
        self.container |= module_of(cls) != "builtins" and defines(cls, "__iter__") and not _is_text(cls)
        return _instance(cls)


# -- checks ---------------------------------------------------------------------------------------------------


def _instance(cls: type) -> Check:
    wider = _PROMOTIONS.get(cls, ())

    def check(value: object) -> str | None:
        found = type(value)
        if derives(found, cls) or any(derives(found, other) for other in wider):
            return None
        if _may_pretend(value) or _has_virtual_subclasses(cls) or type_name(found) == type_name(cls):
            return None  # the same name is the same class, reloaded
        return lasting_name(found)

    return check


def _abstract(cls: type) -> Check:
    known = _ABSTRACT[cls]

    def check(value: object) -> str | None:
        found = type(value)
        # A class that nobody here knows may be registered, or have the methods: the builtin ones are known.
        return lasting_name(found) if any(found is other for other in known) else None

    return check


def _callable(value: object) -> str | None:
    found = type(value)
    return None if _may_pretend(value) or defines(found, "__call__") else lasting_name(found)


def _never(value: object) -> str | None:
    return lasting_name(type(value))


def _union(checks: list[Check]) -> Check:
    def check(value: object) -> str | None:
        found = [each(value) for each in checks]
        return None if None in found else max((text for text in found if text is not None), key=len)

    return check


def _literal(allowed: tuple[object, ...]) -> Check:
    def check(value: object) -> str | None:
        found = type(value)
        if any(value is other for other in allowed) or _may_pretend(value):
            return None
        if id(found) not in _PLAIN:  # a subclass may well be equal, but cannot be asked
            return None if derives(found, str) or derives(found, int) else lasting_name(found)
        alike = [other for other in allowed if type(other) is found]
        if value in alike:
            return None
        return f"another {type_name(found)}" if alike else lasting_name(found)

    return check


def _both(outer: Check, inner: Check) -> Check:
    def check(value: object) -> str | None:
        return outer(value) or inner(value)

    return check


def _either(one: Check, other: Check) -> Check:
    def check(value: object) -> str | None:
        return one(value) and other(value)

    return check


def _generic_alias(value: object) -> str | None:
    """Agree with ``list[int]``, ``int | None``, ``Literal["a"]`` and the like, which stand where a class does."""
    found = type(value)
    return None if module_of(found) in ("typing", "types") else lasting_name(found)


def _items(inner: Check) -> Check:
    def check(value: object) -> str | None:
        if not _is_builtin(value, (list, tuple, set, frozenset, collections.deque)):
            return None
        return _first_wrong(value, list(islice(typing.cast(Iterable[object], value), MOST_ITEMS)), inner)

    return check


def _pairs(key: Check, item: Check) -> Check:
    def check(value: object) -> str | None:
        if not _is_builtin(value, (dict, collections.OrderedDict, collections.defaultdict)):
            return None
        found = list(islice(typing.cast(dict[object, object], value).items(), MOST_ITEMS))
        wrong = _first_wrong(value, [name for name, _ in found], key)
        return wrong or _first_wrong(value, [each for _, each in found], item)

    return check


def _places(inner: list[Check]) -> Check:
    def check(value: object) -> str | None:
        if type(value) is not tuple:
            return None
        if len(value) != len(inner):
            return f"tuple of {len(value)}"
        wrong = (each(item) for each, item in zip(inner, value, strict=True))
        return next((f"{text} in tuple" for text in wrong if text), None)

    return check


def _typed_dict(cls: Any) -> Check:
    required = _required_keys(cls)

    def check(value: object) -> str | None:
        if type(value) is not dict:
            return None if derives(type(value), dict) or _may_pretend(value) else lasting_name(type(value))
        keys = {key for key in value if type(key) is str}
        return next((f"dict without {key!r}" for key in required if key not in keys), None)

    return check


def _required_keys(cls: Any) -> list[str]:
    """Give the keys that must be there; ``NotRequired`` in an annotation that is a text is seen by its hint only."""
    try:
        hints = typing.get_type_hints(cls, include_extras=True)
    except Exception:  # noqa: BLE001 - the annotations are expressions of the user's
        return []
    return sorted(
        key for key in cls.__required_keys__ if typing.get_origin(hints.get(key)) is not typing.NotRequired
    )


def _first_wrong(container: object, items: list[object], inner: Check) -> str | None:
    """Tell the first item that is wrong; of a set, whose order is chance, the first one by what is told of it."""
    wrong = (text for text in map(inner, items) if text)
    first = min(wrong, default=None) if _is_builtin(container, (set, frozenset)) else next(wrong, None)
    return f"{first} in {type_name(type(container))}" if first else None


# -- what is known of classes ---------------------------------------------------------------------------------


@told_once
def lasting_name(cls: type) -> str:
    """A class's dotted name; its base's for a class made at run time, whose name may be another each time."""
    lasting = next((base for base in mro(cls) if base is not object and _is_found_by_name(base)), cls)
    return type_name(cls) if lasting is cls else f"a subclass of {type_name(lasting)}"


def _is_found_by_name(cls: type) -> bool:
    """Whether its name leads to a class; one in a function, or of a module not loaded, is taken at its word."""
    module = sys.modules.get(module_of(cls))
    if module is None or is_library_class(cls) or is_test_module(module_of(cls)):
        return True
    path = type_name(cls).removeprefix(f"{module_of(cls)}.").split(".")
    inside: Mapping[str, object] = vars(module)
    for name in path if "<locals>" not in path else ():
        found = inside.get(name)
        if not derives(type(found), type):
            return False
        inside = namespace(typing.cast(type, found))
    return True


def _is_text(cls: type) -> bool:
    return derives(cls, str) or derives(cls, bytes)


def _is_builtin(value: object, classes: tuple[type, ...]) -> bool:
    return any(type(value) is cls for cls in classes)


def _may_pretend(value: object) -> bool:
    """Whether the value answers for another class: a mock, a proxy with its own ``__class__``, a lazy text …"""
    return is_stand_in(value) or any(
        base is not object and ("__class__" in namespace(base) or module_of(base).startswith(_PRETENDERS))
        for base in mro(type(value))
    )


def _has_own_idea(meta: type) -> bool:
    for base in mro(meta):
        if base in (type, ABCMeta, EnumMeta) or module_of(base).startswith("pydantic."):
            continue
        if "__instancecheck__" in namespace(base) or "__subclasscheck__" in namespace(base):
            return True
    return False


def _has_virtual_subclasses(cls: type) -> bool:
    if not derives(type(cls), ABCMeta):
        return False
    hooks = (base for base in mro(cls) if "__subclasshook__" in namespace(base) and base is not object)
    return next(hooks, None) is not None or _registered(cls)


def _registered(cls: type) -> bool:
    """Whether somebody registered virtual subclasses; CPython keeps them where only its own helper can see them."""
    from _abc import _get_dump  # type: ignore[import-not-found]

    registry: set[weakref.ref[type]] = _get_dump(cls)[0]
    return bool(registry)


def _title(hint: object) -> str:
    return str(getattr(hint, "__name__", None) or type(hint).__name__)


_PROMOTIONS: dict[type, tuple[type, ...]] = {
    float: (int,),
    complex: (int, float),
    bytes: (bytearray, memoryview),
}
"""PEP 484's numeric tower, and its bytes."""

_PRETENDERS = ("django.utils.functional", "sqlalchemy.sql.", "sqlalchemy.orm.attributes")
"""Where classes are from whose objects stand for a value that is not there yet."""

_WRAPPERS = {typing.Annotated, typing.Required, typing.NotRequired, typing.Final, typing.ClassVar}
_PLAIN = frozenset(map(id, (str, bytes, int, bool, type(None))))
_SPECIAL: dict[Any, Check] = {
    None: _instance(type(None)),
    type: _either(_instance(type), _generic_alias),
    bool: _instance(bool),
    typing.LiteralString: _instance(str),
    typing.Never: _never,
    typing.NoReturn: _never,
    typing.Self: anything,
    collections.abc.Callable: _callable,
}
_KNOWN = (
    *(int, float, complex, bool, str, bytes, bytearray, memoryview, type(None), range, slice),
    *(list, tuple, dict, set, frozenset, collections.deque, collections.OrderedDict, collections.defaultdict),
    *(Decimal, datetime.datetime, datetime.date, datetime.time, datetime.timedelta),
    *(types.FunctionType, types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType),
)
# For each abstract class of the library, the known classes that are none of its subclasses.
_ABSTRACT: dict[Any, tuple[type, ...]] = {
    cls: tuple(known for known in _KNOWN if not issubclass(known, cls))
    for cls in (
        os.PathLike,
        *(getattr(collections.abc, name) for name in collections.abc.__all__ if name != "Callable"),
    )
}
_OF_ITEMS = {
    *(list, set, frozenset, collections.deque),
    *(
        collections.abc.Iterable,
        collections.abc.Collection,
        collections.abc.Container,
        collections.abc.Reversible,
    ),
    *(
        collections.abc.Sequence,
        collections.abc.MutableSequence,
        collections.abc.Set,
        collections.abc.MutableSet,
    ),
}
