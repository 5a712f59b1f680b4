"""How the contents of what can be changed are remembered, compared by identity, and put back in place.

Everything goes through the methods of the builtin types themselves, so that no code of the user's runs; of the keys
of dictionaries and the elements of sets, the hashes that are known already are used.
"""

from __future__ import annotations

import enum
import io
from array import array
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping
from types import CellType, MemberDescriptorType, ModuleType, SimpleNamespace
from typing import Any, Protocol

from dryfit.probes.jsonable import is_opaque
from dryfit.probes.statics import (
    derives,
    instance_dict,
    is_installed_class,
    is_library_class,
    mro,
    namespace,
    type_name,
)

Named = tuple[str, object]

_ABSENT = object()


class Contents(Protocol):
    """One way of looking at a value; what ``image`` gives is the remembered contents, and belongs to the caller."""

    def image(self, value: Any) -> Any:
        """Remember the contents."""

    def inside(self, value: Any, image: Any) -> Iterator[Named]:
        """What is in it, by name."""

    def is_as(self, value: Any, image: Any) -> bool:
        """Whether the contents are the very same objects."""

    def put(self, value: Any, image: Any) -> None:
        """Put them back."""

    def swap(self, image: Any, old: object, new: object) -> None:
        """Let another object stand where one stood."""


def _same(one: Any, other: Any) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


def _made_since(now: dict[Any, object], image: dict[Any, object]) -> dict[Any, object]:
    """Objects of libraries where there was nothing: an engine, a client that is made when it is needed first.

    They stay, or each time another one would be made, and never closed.
    """
    return {name: item for name, item in now.items() if image.get(name) is None and is_opaque(item)}


class _Pairs:
    """Those whose image is a dictionary."""

    def inside(self, value: Any, image: dict[object, object]) -> Iterator[Named]:
        for key, item in image.items():
            yield from ((f"[{index}]", each) for index, each in (("key", key), ("", item)))

    def swap(self, image: dict[object, object], old: object, new: object) -> None:
        for key, item in list(image.items()):
            if item is old:
                image[key] = new


class _Dict(_Pairs):
    def image(self, value: Any) -> Any:
        return dict.copy(value)

    def is_as(self, value: Any, image: Any) -> bool:
        return _same(list(dict.values(value)), list(image.values())) and _same(
            list(dict.keys(value)), list(image)
        )

    def put(self, value: Any, image: Any) -> None:
        dict.clear(value)
        dict.update(value, image)


class _Ordered(_Pairs):
    """Its order stands in a list of its own."""

    def image(self, value: Any) -> Any:
        return dict(OrderedDict.items(value))

    def is_as(self, value: Any, image: Any) -> bool:
        pairs = list(OrderedDict.items(value))
        return _same([key for key, _ in pairs], list(image)) and _same(
            [item for _, item in pairs], list(image.values())
        )

    def put(self, value: Any, image: Any) -> None:
        OrderedDict.clear(value)
        for key, item in image.items():
            OrderedDict.__setitem__(value, key, item)


class _Items:
    """Those whose image is a list."""

    def inside(self, value: Any, image: list[object]) -> Iterator[Named]:
        return (("[]", item) for item in image)

    def swap(self, image: list[object], old: object, new: object) -> None:
        image[:] = [new if item is old else item for item in image]


class _List(_Items):
    def image(self, value: Any) -> Any:
        return [*list.__iter__(value)]

    def is_as(self, value: Any, image: Any) -> bool:
        return list.__len__(value) == len(image) and all(
            a is b for a, b in zip(list.__iter__(value), image, strict=True)
        )

    def put(self, value: Any, image: Any) -> None:
        list.__setitem__(value, slice(None), image)


class _Deque(_Items):
    def image(self, value: Any) -> Any:
        return [*deque.__iter__(value)]

    def is_as(self, value: Any, image: Any) -> bool:
        return _same([*deque.__iter__(value)], image)

    def put(self, value: Any, image: Any) -> None:
        deque.clear(value)
        deque.extend(value, image)


class _Set:
    def image(self, value: Any) -> Any:
        return set(value)

    def inside(self, value: Any, image: set[object]) -> Iterator[Named]:
        return (("[]", item) for item in image)

    def is_as(self, value: Any, image: Any) -> bool:
        return set.__len__(value) == len(image) and {*map(id, set.__iter__(value))} == {*map(id, image)}

    def put(self, value: Any, image: Any) -> None:
        set.clear(value)
        set.update(value, image)

    def swap(self, image: Any, old: object, new: object) -> None:
        image.discard(old)
        image.add(new)


class _Flat:
    """Those that hold no objects."""

    def inside(self, value: Any, image: Any) -> Iterator[Named]:
        return iter(())

    def is_as(self, value: Any, image: Any) -> bool:
        return bool(self.image(value) == image)

    def swap(self, image: Any, old: object, new: object) -> None:
        raise AssertionError("nothing is in it")

    def image(self, value: Any) -> Any:
        raise NotImplementedError


class _Bytes(_Flat):
    def image(self, value: Any) -> Any:
        return bytes(value)

    def put(self, value: Any, image: Any) -> None:
        bytearray.__setitem__(value, slice(None), image)


class _Array(_Flat):
    def image(self, value: Any) -> Any:
        return array.__getitem__(value, slice(None))

    def put(self, value: Any, image: Any) -> None:
        array.__setitem__(value, slice(None), image)


class _Stream(_Flat):
    """A file in memory."""

    def image(self, value: Any) -> Any:
        return None if value.closed else (value.getvalue(), value.tell())

    def put(self, value: Any, image: Any) -> None:
        if image is None or value.closed:
            return
        value.seek(0)
        value.truncate()
        value.write(image[0])
        value.seek(image[1])


class _Attributes(_Pairs):
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


class _Namespace(_Pairs):
    def image(self, value: Any) -> Any:
        return dict(_VARIABLES(value))

    def is_as(self, value: Any, image: Any) -> bool:
        return DICT.is_as(_VARIABLES(value), image)

    def put(self, value: Any, image: Any) -> None:
        DICT.put(_VARIABLES(value), image)


_VARIABLES: Any = vars(SimpleNamespace)["__dict__"].__get__


class _Slots(_Pairs):
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


class _Cell(_Items):
    """A variable of an enclosing function."""

    def image(self, value: Any) -> Any:
        try:
            return [value.cell_contents]
        except ValueError:  # not bound yet
            return []

    def is_as(self, value: Any, image: Any) -> bool:
        return _same(self.image(value), image)

    def put(self, value: Any, image: Any) -> None:
        if image:
            value.cell_contents = image[0]
        else:
            del value.cell_contents


class _Module(_Pairs):
    """The variables of a module, but for those that Python has for itself."""

    def image(self, value: Any) -> Any:
        return {name: item for name, item in list(vars(value).items()) if not name.startswith("__")}

    def inside(self, value: Any, image: dict[object, object]) -> Iterator[Named]:
        return ((f"{value.__name__}.{name}", item) for name, item in image.items())

    def is_as(self, value: Any, image: Any) -> bool:
        return DICT.is_as(self.image(value), image)

    def put(self, value: Any, image: Any) -> None:
        now = self.image(value)
        wanted = {**image, **_made_since(now, image)}
        for name in now.keys() - wanted.keys():
            del vars(value)[name]
        vars(value).update(wanted)


class _Class(_Pairs):
    """What a class holds."""

    def image(self, value: Any) -> Any:
        return {name: item for name, item in list(namespace(value).items()) if _is_variable(name)}

    def inside(self, value: Any, image: dict[object, object]) -> Iterator[Named]:
        return ((f"{type_name(value)}.{name}", item) for name, item in image.items())

    def is_as(self, value: Any, image: Any) -> bool:
        return DICT.is_as(self.image(value), image)

    def put(self, value: Any, image: Any) -> None:
        now = self.image(value)
        wanted = {**image, **_made_since(now, image)}
        for name in now.keys() - wanted.keys():
            type.__delattr__(value, name)
        for name, item in wanted.items():
            if now.get(name, _ABSENT) is not item:
                type.__setattr__(value, name, item)


def _is_variable(name: str) -> bool:
    return not name.startswith(("__", "_abc_"))


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


DICT = _Dict()
ATTRIBUTES = _Attributes()
SLOTS = _Slots()
CELL = _Cell()
MODULE = _Module()
CLASS = _Class()

# The first base that fits decides, so the narrower class stands first.
_CONTAINERS: tuple[tuple[type, Contents], ...] = (
    (OrderedDict, _Ordered()),
    (dict, DICT),
    (list, _List()),
    (set, _Set()),
    (deque, _Deque()),
    (bytearray, _Bytes()),
    (array, _Array()),
    (CellType, CELL),
    (SimpleNamespace, _Namespace()),
)
_STREAMS: Mapping[type, Contents] = {io.BytesIO: _Stream(), io.StringIO: _Stream()}


def container_of(value: object) -> Contents | None:
    """How to remember a container; ``None`` for anything else."""
    cls = type(value)
    if is_installed_class(cls) and not is_library_class(cls):
        return None  # a library's own, which knows what is in it by other means, too
    return _STREAMS.get(cls) or next((found for base, found in _CONTAINERS if derives(cls, base)), None)


def is_variables(value: object) -> bool:
    """Whether it is a module, or a class that is no enumeration."""
    cls = type(value)
    return cls is ModuleType or (derives(cls, type) and not derives(cls, enum.EnumMeta))
