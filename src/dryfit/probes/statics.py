"""What can be told of any object without running its code.

Everything goes through the descriptors of ``type`` and of the builtin types themselves, never through attribute access
on the object or its class, so that no ``__getattr__``, property, ``__class__`` or metaclass of a user is asked.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Iterator, Mapping
from os.path import join
from sysconfig import get_paths
from types import GetSetDescriptorType, MemberDescriptorType, ModuleType
from typing import Any, TypeVar

# The getters of `type` itself: looked up as attributes of a class, a metaclass could answer in their place.
_STATIC: Mapping[str, Any] = vars(type)
_MRO = _STATIC["__mro__"].__get__
_NAMESPACE = _STATIC["__dict__"].__get__
_QUALNAME = _STATIC["__qualname__"].__get__
_MODULE = _STATIC["__module__"].__get__
_FLAGS = _STATIC["__flags__"].__get__
_IS_SUBCLASS = _STATIC["__subclasscheck__"]  # walks the real resolution order, by identity

_MODULE_DICT = vars(ModuleType)["__dict__"].__get__

_HEAP_TYPE = 1 << 9

_INSTALLED = tuple(join(get_paths()[name], "") for name in ("purelib", "platlib"))

identity: Callable[[object], int] = object.__hash__
"""Tells objects that live apart, as ``id`` does, whose every call is an audit event."""

T = TypeVar("T")


def told_once(tell: Callable[[type], T]) -> Callable[[type], T]:
    """Keep what is told of a class for as long as the class lives.

    By identity, since the hash of a class is its metaclass's business: it is forgotten before another class may have
    it. What is told must not hold the class.
    """
    known: dict[int, T] = {}
    kept: dict[int, weakref.ref[type]] = {}

    def told(cls: type) -> T:
        key = identity(cls)
        try:
            return known[key]
        except KeyError:
            pass
        fact = tell(cls)
        kept[key] = weakref.ref(cls, lambda _: (known.pop(key, None), kept.pop(key, None)))
        known[key] = fact
        return fact

    return told


def mro(cls: type) -> tuple[type, ...]:
    """The classes of ``cls`` in resolution order."""
    found: tuple[type, ...] = _MRO(cls)
    return found


def derives(cls: type, base: type) -> bool:
    """Whether ``base`` is among the classes of ``cls``."""
    found: bool = _IS_SUBCLASS(base, cls)
    return found


def namespace(cls: type) -> Mapping[str, object]:
    """What the class itself defines."""
    found: Mapping[str, object] = _NAMESPACE(cls)
    return found


def module_of(cls: type) -> str:
    """The module that the class says it is from, or ""."""
    try:
        module = _MODULE(cls)
    except AttributeError:
        return ""
    return module if type(module) is str else ""


@told_once
def type_name(cls: type) -> str:
    """Dotted name of a class; builtins without their module."""
    module = module_of(cls)
    name: str = _QUALNAME(cls)
    return name if module in ("builtins", "") else f"{module}.{name}"


def defines(cls: type, name: str) -> bool:
    """Whether the class or one above it defines the name."""
    return any(name in namespace(base) for base in mro(cls))


@told_once
def is_library_class(cls: type) -> bool:
    """Whether the class comes with Python (or is written in C), so that its attributes are nobody's data."""
    if not _FLAGS(cls) & _HEAP_TYPE:
        return True
    return module_of(cls).partition(".")[0] in sys.stdlib_module_names and module_of(cls) != "__main__"


@told_once
def is_installed_class(cls: type) -> bool:
    """Whether the class comes with Python or with an installed package."""
    if is_library_class(cls):
        return True
    module = sys.modules.get(module_of(cls))
    file = _MODULE_DICT(module).get("__file__") if type(module) is ModuleType else None
    return type(file) is str and file.startswith(_INSTALLED)


def instance_dict(value: object) -> dict[str, object] | None:
    """The object's own ``__dict__``, or ``None`` where it has none or a class puts something else in its place."""
    cls = type(value)
    place = _place_of_dict(cls)
    descriptor = namespace(mro(cls)[place]).get("__dict__") if place is not None else None
    if type(descriptor) is not GetSetDescriptorType:
        return None
    found = GetSetDescriptorType.__get__(descriptor, value, type(value))
    return found if type(found) is dict else None


@told_once
def _place_of_dict(cls: type) -> int | None:
    """Which class in resolution order says what ``__dict__`` is."""
    return next((place for place, base in enumerate(mro(cls)) if "__dict__" in namespace(base)), None)


def attributes(value: object) -> Iterator[tuple[str, object]]:
    """The object's own attributes, from its ``__dict__`` and its slots, in a fixed order."""
    cls = type(value)
    for name, item in list((instance_dict(value) or {}).items()):
        if type(name) is str:
            yield name, item
    for place, names in _places_of_slots(cls):
        members = namespace(mro(cls)[place])
        for name in names:
            member = members.get(name)
            if type(member) is MemberDescriptorType:
                try:
                    yield name, MemberDescriptorType.__get__(member, value, cls)
                except AttributeError:  # a slot that was never filled
                    continue


def attribute(value: object, wanted: str) -> object:
    """One of the object's own attributes, or ``None``."""
    return next((item for name, item in attributes(value) if name == wanted), None)


@told_once
def _places_of_slots(cls: type) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """Which classes in resolution order define slots, and their names."""
    found = ((place, _slots(base)) for place, base in enumerate(mro(cls)))
    return tuple((place, names) for place, names in found if names)


def _slots(cls: type) -> tuple[str, ...]:
    """The names of the slots that the class itself defines."""
    if not _FLAGS(cls) & _HEAP_TYPE:
        return ()
    return tuple(
        name
        for name, member in list(namespace(cls).items())
        if type(member) is MemberDescriptorType and type(name) is str
    )
