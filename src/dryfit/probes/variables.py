"""The variables of objects, functions, modules and classes: remembered and put back as ``contents`` says."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from types import CellType, MemberDescriptorType, ModuleType, SimpleNamespace
from typing import Any

from dryfit.probes.contents import DICT, Contents, Items, Named, Pairs, same
from dryfit.probes.jsonable import is_opaque
from dryfit.probes.statics import derives, instance_dict, mro, namespace, type_name

_ABSENT = object()


def _made_since(now: dict[Any, object], image: dict[Any, object]) -> dict[Any, object]:
    """Objects of libraries where there was nothing: an engine, a client that is made when it is needed first.

    They stay, or each time another one would be made, and never closed.
    """
    return {name: item for name, item in now.items() if image.get(name) is None and is_opaque(item)}


class _Attributes(Pairs):
    """The attributes of an object, in the dictionary that it has at the time."""

    def image(self, value: Any) -> Any:
        return dict(instance_dict(value) or {})

    def inside(self, value: Any, image: dict[object, object]) -> Iterator[Named]:
        return ((f"{type_name(type(value))}.{name}", item) for name, item in image.items())

    def is_as(self, value: Any, image: Any) -> bool:
        return DICT.is_as(instance_dict(value) or {}, image)

    def put(self, value: Any, image: Any) -> None:
        own = instance_dict(value)
        if own is not None:
            DICT.put(own, {**image, **_made_since(own, image)})


class _Namespace(Pairs):
    def image(self, value: Any) -> Any:
        return dict(_VARIABLES(value))

    def is_as(self, value: Any, image: Any) -> bool:
        return DICT.is_as(_VARIABLES(value), image)

    def put(self, value: Any, image: Any) -> None:
        DICT.put(_VARIABLES(value), image)


_VARIABLES: Any = vars(SimpleNamespace)["__dict__"].__get__


class _Slots(Pairs):
    def image(self, value: Any) -> Any:
        return {member: _filled(member, value) for member in members(type(value))}

    def inside(self, value: Any, image: dict[Any, object]) -> Iterator[Named]:
        return ((f"{type_name(type(value))}.{member.__name__}", item) for member, item in image.items())

    def is_as(self, value: Any, image: Any) -> bool:
        return all(_filled(member, value) is item for member, item in image.items())

    def put(self, value: Any, image: Any) -> None:
        for member, item in image.items():
            if item is not _ABSENT:
                MemberDescriptorType.__set__(member, value, item)
            elif _filled(member, value) is not _ABSENT:
                MemberDescriptorType.__delete__(member, value)


class _Cell(Items):
    """A variable of an enclosing function."""

    def image(self, value: Any) -> Any:
        try:
            return [value.cell_contents]
        except ValueError:  # not bound yet
            return []

    def is_as(self, value: Any, image: Any) -> bool:
        return same(self.image(value), image)

    def put(self, value: Any, image: Any) -> None:
        if image:
            value.cell_contents = image[0]
        else:
            del value.cell_contents


@dataclass(frozen=True, slots=True)
class _Variables(Pairs):
    """The variables that modules (``of``), or classes, hold, but for those that Python has for itself."""

    of: Any
    held: Callable[[Any], Mapping[str, object]]
    name: Callable[[Any], str]
    pythons: tuple[str, ...]

    def image(self, value: Any) -> Any:
        return {
            name: item for name, item in list(self.held(value).items()) if not name.startswith(self.pythons)
        }

    def inside(self, value: Any, image: dict[object, object]) -> Iterator[Named]:
        return ((f"{self.name(value)}.{name}", item) for name, item in image.items())

    def is_as(self, value: Any, image: Any) -> bool:
        return DICT.is_as(self.image(value), image)

    def put(self, value: Any, image: Any) -> None:
        now = self.image(value)
        wanted = {**image, **_made_since(now, image)}
        for name in now.keys() - wanted.keys():
            self.of.__delattr__(value, name)
        for name, item in wanted.items():
            if now.get(name, _ABSENT) is not item:
                self.of.__setattr__(value, name, item)


def _filled(member: MemberDescriptorType, value: object) -> object:
    try:
        return MemberDescriptorType.__get__(member, value, type(value))
    except AttributeError:
        return _ABSENT


def members(cls: type) -> list[MemberDescriptorType]:
    """The slots of a class."""
    return [
        member
        for base in mro(cls)
        if has_slots(base)
        for member in list(namespace(base).values())
        if type(member) is MemberDescriptorType
    ]


def has_slots(cls: type) -> bool:
    """Whether slots of the class were written in Python."""
    return "__slots__" in namespace(cls)


ATTRIBUTES = _Attributes()
SLOTS = _Slots()
MODULE = _Variables(ModuleType, vars, attrgetter("__name__"), ("__",))
CLASS = _Variables(type, namespace, type_name, ("__", "_abc_"))

_HOLDERS: dict[type, Contents] = {CellType: _Cell(), SimpleNamespace: _Namespace()}


def holder_of(value: object) -> Contents | None:
    """How to remember an enclosing variable, or a plain namespace; ``None`` for anything else."""
    return _HOLDERS.get(type(value))


def is_variables(value: object) -> bool:
    """Whether it is a module, or a class that is no enumeration."""
    cls = type(value)
    return cls is ModuleType or (derives(cls, type) and not derives(cls, enum.EnumMeta))
