"""How the contents of what can be changed are remembered, compared by identity, and put back in place.

Everything goes through the methods of the builtin types themselves, so that no code of the user's runs; of the keys
of dictionaries and the elements of sets, the hashes that are known already are used.
"""

from __future__ import annotations

import io
from array import array
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from dryfit.probes.statics import derives, is_installed_class, is_library_class

Named = tuple[str, object]


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


def same(one: Any, other: Any) -> bool:
    """Whether two sequences hold the very same objects."""
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


class Pairs:
    """Those whose image is a dictionary."""

    def inside(self, value: Any, image: dict[object, object]) -> Iterator[Named]:
        for key, item in image.items():
            yield from ((f"[{index}]", each) for index, each in (("key", key), ("", item)))

    def swap(self, image: dict[object, object], old: object, new: object) -> None:
        for key, item in list(image.items()):
            if item is old:
                image[key] = new


class _Dict(Pairs):
    def image(self, value: Any) -> Any:
        return dict.copy(value)

    def is_as(self, value: Any, image: Any) -> bool:
        return same(list(dict.values(value)), list(image.values())) and same(
            list(dict.keys(value)), list(image)
        )

    def put(self, value: Any, image: Any) -> None:
        dict.clear(value)
        dict.update(value, image)


class _Ordered(Pairs):
    """Its order stands in a list of its own."""

    def image(self, value: Any) -> Any:
        return dict(OrderedDict.items(value))

    def is_as(self, value: Any, image: Any) -> bool:
        pairs = list(OrderedDict.items(value))
        return same([key for key, _ in pairs], list(image)) and same(
            [item for _, item in pairs], list(image.values())
        )

    def put(self, value: Any, image: Any) -> None:
        OrderedDict.clear(value)
        for key, item in image.items():
            OrderedDict.__setitem__(value, key, item)


class Items:
    """Those whose image is a list."""

    def inside(self, value: Any, image: list[object]) -> Iterator[Named]:
        return (("[]", item) for item in image)

    def swap(self, image: list[object], old: object, new: object) -> None:
        image[:] = [new if item is old else item for item in image]


class _List(Items):
    def image(self, value: Any) -> Any:
        return [*list.__iter__(value)]

    def is_as(self, value: Any, image: Any) -> bool:
        return list.__len__(value) == len(image) and all(
            a is b for a, b in zip(list.__iter__(value), image, strict=True)
        )

    def put(self, value: Any, image: Any) -> None:
        list.__setitem__(value, slice(None), image)


class _Deque(Items):
    def image(self, value: Any) -> Any:
        return [*deque.__iter__(value)]

    def is_as(self, value: Any, image: Any) -> bool:
        return same([*deque.__iter__(value)], image)

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

    def is_as(self: Contents, value: Any, image: Any) -> bool:
        return bool(self.image(value) == image)

    def swap(self, image: Any, old: object, new: object) -> None:
        """Nothing stands in it."""


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


DICT = _Dict()

# The first base that fits decides, so the narrower class stands first.
_CONTAINERS: tuple[tuple[type, Contents], ...] = (
    (OrderedDict, _Ordered()),
    (dict, DICT),
    (list, _List()),
    (set, _Set()),
    (deque, _Deque()),
    (bytearray, _Bytes()),
    (array, _Array()),
)
_STREAMS: Mapping[type, Contents] = {io.BytesIO: _Stream(), io.StringIO: _Stream()}


def container_of(value: object) -> Contents | None:
    """How to remember a container; ``None`` for anything else."""
    cls = type(value)
    if is_installed_class(cls) and not is_library_class(cls):
        return None  # a library's own, which knows what is in it by other means, too
    return _STREAMS.get(cls) or next((found for base, found in _CONTAINERS if derives(cls, base)), None)
