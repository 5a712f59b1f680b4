"""What is known of a class without asking it: a name that lasts, and who may count as one of its objects."""

from __future__ import annotations

import sys
import typing
import weakref
from abc import ABCMeta
from collections.abc import Mapping
from enum import EnumMeta

from dryfit.model.test_modules import is_test_module
from dryfit.probes.look import is_stand_in
from dryfit.probes.statics import derives, is_library_class, module_of, mro, namespace, told_once, type_name

_PRETENDERS = (
    "django.utils.functional",
    "sqlalchemy.sql.operators",
    "sqlalchemy.orm.attributes",
    "sqlalchemy.orm.util",
)
"""Where classes are from whose objects stand for a value that is not there yet: of SQLAlchemy expressions and aliases,
but not what a statement, a query or its result is."""


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


def may_pretend(value: object) -> bool:
    """Whether the value answers for another class: a mock, a proxy with its own ``__class__``, a lazy text …"""
    return is_stand_in(value) or any(
        base is not object and ("__class__" in namespace(base) or module_of(base).startswith(_PRETENDERS))
        for base in mro(type(value))
    )


_OF_EVERY_CLASS = {
    *(
        "__module__",
        "__qualname__",
        "__doc__",
        "__dict__",
        "__weakref__",
        "__firstlineno__",
        "__static_attributes__",
    ),
    *("__orig_bases__", "__parameters__", "__abstractmethods__", "_abc_impl", "__annotations_cache__"),
}
_ANNOTATIONS = {"__annotations__", "__annotate_func__"}


@told_once
def declares_only(cls: type) -> bool:
    """Whether all that a class adds to its base is annotations, as ``class SignedIn(Request): user: User`` does.

    Programs write such a class to tell type checkers what was put into an object of the base, and never make one.
    """
    own = namespace(cls)
    annotated = any(own.get(name) for name in _ANNOTATIONS)
    return annotated and own.keys() <= _OF_EVERY_CLASS | _ANNOTATIONS and mro(cls)[1:2] != (object,)


def has_own_idea(meta: type) -> bool:
    """Whether a metaclass decides itself what is an instance."""
    for base in mro(meta):
        if base in (type, ABCMeta, EnumMeta) or module_of(base).startswith("pydantic."):
            continue
        if "__instancecheck__" in namespace(base) or "__subclasscheck__" in namespace(base):
            return True
    return False


def has_virtual_subclasses(cls: type) -> bool:
    """Whether classes may count as subclasses that do not derive from this one."""
    if not derives(type(cls), ABCMeta):
        return False
    hooks = (base for base in mro(cls) if "__subclasshook__" in namespace(base) and base is not object)
    return next(hooks, None) is not None or _registered(cls)


def _registered(cls: type) -> bool:
    """Whether somebody registered virtual subclasses; CPython keeps them where only its own helper can see them."""
    from _abc import _get_dump  # type: ignore[import-not-found]

    registry: set[weakref.ref[type]] = _get_dump(cls)[0]
    return bool(registry)
