"""Puts memory back to what it was: what is reachable from the operations' arguments and the components' variables.

Objects stay the same, their contents go back in place. Opened are containers, objects of the project's own classes,
enclosing variables of its functions, and what Python's library has for waiting and queueing; objects of libraries stay
closed, but for what a framework's application keeps for the program. No code of the user's runs.
"""

from __future__ import annotations

import functools
import threading
import types
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from dryfit.probes import variables
from dryfit.probes.contents import Contents, Named, container_of
from dryfit.probes.frameworks import behind, kept_in
from dryfit.probes.held import is_mapped
from dryfit.probes.jsonable import is_scalar
from dryfit.probes.onward import Onward, onward
from dryfit.probes.statics import (
    derives,
    instance_dict,
    is_installed_class,
    module_of,
    told_once,
    type_name,
)

MOST_VALUES = 200_000
"""Of more, nothing is remembered: running the test anew costs less."""

_OPEN_LIBRARIES = frozenset({
    "_weakrefset", "asyncio.locks", "asyncio.queues", "collections", "queue", "threading", "types", "unittest.mock",
    "weakref",
})  # fmt: skip


@dataclass(slots=True)
class _Place:
    """One look at one value: its contents when they were remembered."""

    value: object
    look: Contents
    image: object


@dataclass(slots=True)
class _Moving:
    """What only goes on: where it was, and the places that hold it; ``pinned`` where something else holds it, too."""

    name: str
    value: object
    way: Onward
    reading: object
    spare: object
    holders: list[_Place] = field(default_factory=list)
    pinned: bool = False


class MemoryRewind:
    """``Rewind`` of what the ``roots`` lead to, and of the variables of ``modules``: the components'."""

    def __init__(self, roots: Iterable[object], modules: Mapping[str, ModuleType]) -> None:
        self._roots = tuple(roots)
        self._modules = dict(modules)
        self._places: list[_Place] = []
        self._moving: dict[int, _Moving] = {}

    def take(self) -> str:
        """Remember the contents of everything; refuses where that is too much."""
        walk = _Walk(self._modules)
        for module in self._modules.values():
            walk.add(module.__name__, module)
        for root in self._roots:
            walk.add(type_name(type(root)), root)
        said = walk.run()
        self._places, self._moving = walk.places, walk.moving
        return said

    def back(self) -> str:
        """Put back what differs; names what has moved and cannot be set back, when all else is as it was."""
        moved = [each for each in self._moving.values() if each.way.reading(each.value) != each.reading]
        left = [each.name for each in moved if not self._mended(each)]
        for place in self._places:
            if not place.look.is_as(place.value, place.image):
                place.look.put(place.value, place.image)
        return f"{', '.join(left[:3])} cannot be set back" if left else ""

    def _mended(self, moving: _Moving) -> bool:
        if moving.way.mend is not None:
            return moving.way.mend(moving.value, moving.reading)
        if moving.way.spare is None or moving.pinned:
            return False
        old, moving.value = moving.value, moving.way.spare(moving.spare)
        for place in moving.holders:
            place.look.swap(place.image, old, moving.value)
        return moving.way.reading(moving.value) == moving.reading


class _Walk:
    def __init__(self, modules: Mapping[str, ModuleType]) -> None:
        self.places: list[_Place] = []
        self.moving: dict[int, _Moving] = {}
        self._names = frozenset(modules)
        self._waiting: deque[tuple[str, object, _Place | None]] = deque()
        self._seen: dict[int, object] = {}

    def add(self, name: str, value: object, holder: _Place | None = None) -> None:
        """Look at a value later, unless there is nothing in it."""
        if not is_scalar(value) or type(value) is bytearray:
            self._waiting.append((name, value, holder))

    def run(self) -> str:
        """Look at all that can be reached; why not, or ""."""
        while self._waiting:
            name, value, holder = self._waiting.popleft()
            if (way := onward(value)) is not None:
                self._move(name, value, way, holder)
            elif id(value) not in self._seen:
                if len(self._seen) >= MOST_VALUES:
                    return f"more than {MOST_VALUES:,} objects in memory can be reached"
                self._seen[id(value)] = value  # kept, so that nothing else gets its identity
                self._visit(name, value)
        return ""

    def _move(self, name: str, value: object, way: Onward, holder: _Place | None) -> None:
        moving = self.moving.get(id(value))
        if moving is None:
            spare = way.spare(value) if way.spare is not None else None
            moving = _Moving(f"{name} ({type_name(type(value))})", value, way, way.reading(value), spare)
            self.moving[id(value)] = moving
        if holder is not None:
            moving.holders.append(holder)
        else:
            moving.pinned = True

    def _visit(self, name: str, value: object) -> None:
        for look in self._looks(value):
            place = _Place(value, look, look.image(value))
            self.places.append(place)
            for part, item in look.inside(value, place.image):
                self.add(_joined(name, part), item, place)
        for part, item in _fixed(value):
            self.add(_joined(name, part), item)

    def _looks(self, value: object) -> Iterator[Contents]:
        if variables.is_variables(value):
            if self._is_components(value):
                yield variables.MODULE if type(value) is ModuleType else variables.CLASS
            return
        container = container_of(value) or variables.holder_of(value)
        if container is not None:
            yield container
        if type(value) is types.FunctionType:
            if value.__globals__.get("__name__") in self._names and instance_dict(value):
                yield variables.ATTRIBUTES
        elif _opens(type(value)) and not is_mapped(value):
            if instance_dict(value) is not None:
                yield variables.ATTRIBUTES
            if variables.members(type(value)):
                yield variables.SLOTS

    def _is_components(self, value: object) -> bool:
        name = value.__name__ if type(value) is ModuleType else module_of(value)  # type: ignore[arg-type]
        return name in self._names


def _joined(name: str, part: str) -> str:
    return f"{name}{part}" if part.startswith("[") else part


@told_once
def _opens(cls: type) -> bool:
    """Whether objects of a class are opened: the project's own, and what Python's library has in Python."""
    module = module_of(cls)
    if derives(cls, threading.Thread) or module.partition(".")[0] == "dryfit":
        return False
    return not is_installed_class(cls) or module in _OPEN_LIBRARIES


def _fixed(value: Any) -> Iterator[Named]:
    """What an object holds that cannot be changed itself."""
    cls = type(value)
    base = next((each for each in (tuple, frozenset) if derives(cls, each)), None)
    if base is not None:
        yield from (("[]", item) for item in base.__iter__(value))
    elif cls is types.FunctionType and value.__globals__.get("__name__", "").partition(".")[0] != "dryfit":
        held = (*(value.__closure__ or ()), *(value.__defaults__ or ()), value.__kwdefaults__)
        yield from ((f"[{value.__qualname__}]", each) for each in held)
    elif any(True for _ in behind(value)):
        yield from (("[app]", each) for each in behind(value))
        yield "[state]", kept_in(value)
    elif (kept := kept_in(value)) is not None:
        yield "[state]", kept
    else:
        yield from ((f"[{name}]", getattr(value, name)) for name in _FIXED.get(cls, ()))


_FIXED: Mapping[type, tuple[str, ...]] = {
    types.MethodType: ("__self__", "__func__"),
    types.BuiltinMethodType: ("__self__",),
    types.MethodWrapperType: ("__self__",),
    functools.partial: ("func", "args", "keywords"),
    staticmethod: ("__func__",),
    classmethod: ("__func__",),
    property: ("fget", "fset"),
}
