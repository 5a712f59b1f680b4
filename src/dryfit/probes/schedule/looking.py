"""Looks at what objects hold, without running the program's code."""

from __future__ import annotations

import asyncio
import gc
from collections import deque
from collections.abc import MutableMapping, MutableSequence, MutableSet
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MemberDescriptorType, ModuleType
from typing import Any, TypeGuard, cast

from dryfit.probes.frameworks import kept_in
from dryfit.probes.jsonable import is_scalar
from dryfit.probes.statics import (
    attributes,
    defines,
    derives,
    instance_dict,
    is_installed_class,
    mro,
    namespace,
    type_name,
)

UNKNOWN = object()
"""Stands for a value that only running code could tell."""

GONE = object()
"""Stands where there is nothing."""

_CONTAINERS = (MutableMapping, MutableSequence, MutableSet, deque, bytearray)
CODE = (FunctionType, BuiltinFunctionType, ModuleType, type)
"""Types of what a name may stand for that is no data."""

MOST_ITEMS = 1_000
"""What holds more is looked into only where an item is asked for."""

Contents = dict[object, object]
"""What a container holds, by key or by place."""


def keeper(owner: object, name: str) -> object:
    """The object that has an attribute as data of its own: the one asked, its class, or a dictionary behind it."""
    if owner is UNKNOWN:
        return UNKNOWN
    if type(owner) is ModuleType:
        return UNKNOWN if type(vars(owner).get(name, GONE)) in CODE else vars(owner)
    state = _state(owner)
    if state is not None and name in state:
        return state
    cls = owner if is_class(owner) else type(owner)
    if owner is not cls and name in dict(attributes(owner)):
        return owner
    held = _definer(cls, name)
    return UNKNOWN if held is None or _is_made(namespace(held)[name]) else held


def keeper_to_be(owner: object, name: str) -> object:
    """The object that has an attribute as data of its own as soon as it is set."""
    if owner is UNKNOWN or type(owner) is ModuleType or is_class(owner):
        return owner if type(owner) is not ModuleType else vars(owner)
    state = _state(owner)
    if state is not None:
        return state
    held = _definer(type(owner), name)
    known = namespace(held)[name] if held is not None else None
    is_own = type(known) is MemberDescriptorType or not defines(type(known), "__set__")
    return owner if is_own else UNKNOWN


def _state(owner: object) -> dict[str, object] | None:
    """What stands behind the attributes of Starlette's ``State``."""
    if type_name(type(owner)) != "starlette.datastructures.State":
        return None
    found = (instance_dict(owner) or {}).get("_state")
    return found if type(found) is dict else None


def led_to(owner: object, name: str) -> object:
    """What a request of a framework leads to by a property of the framework's: the application, and its state."""
    if name not in ("app", "state") or owner is UNKNOWN or not is_installed_class(type(owner)):
        return UNKNOWN
    try:
        return getattr(owner, name, UNKNOWN)
    except Exception:  # noqa: BLE001 - it belongs to no application
        return UNKNOWN


def _definer(cls: type, name: str) -> type | None:
    return next((base for base in mro(cls) if name in namespace(base)), None)


def is_class(value: object) -> TypeGuard[type]:
    """Whether it is a class."""
    return derives(type(value), type)


def _is_made(value: object) -> bool:
    """Whether what a class holds is a method, a property, or the like."""
    return is_class(value) or defines(type(value), "__get__")


def own_attribute(owner: object, name: str) -> object:
    """What an object has itself under a name."""
    if is_class(owner):
        return namespace(owner).get(name, GONE)
    return dict(attributes(owner)).get(name, GONE)


def item_at(container: object, key: object) -> object:
    """An item of a container of Python's own, or of what an application keeps."""
    container = inside(container)
    if derives(type(container), dict):
        return dict.get(cast(dict[object, object], container), key, GONE)
    for base in (list, tuple, deque):
        if derives(type(container), base) and type(key) is int:
            try:
                return base.__getitem__(cast(Any, container), key)
            except IndexError:
                return GONE
    return UNKNOWN


def inside(value: object) -> object:
    """What holds the items: of an application the dictionary that it keeps, of a queue its own container."""
    if derives(type(value), asyncio.Queue):
        return (instance_dict(value) or {}).get("_queue")
    kept = kept_in(value)
    return value if kept is None else kept


def is_plain(value: object) -> bool:
    """Whether a value may be a key that is compared without running the program's code."""
    return value is not UNKNOWN and (is_scalar(value) or (type(value) is tuple and all(map(is_plain, value))))


def cell_of(code: CodeType, name: str, value: object) -> object | None:
    """The cell of an enclosing function's variable; ``None`` where that cannot be told."""
    place = code.co_freevars.index(name)
    functions = [each for each in gc.get_referrers(code) if isinstance(each, FunctionType)]
    cells = {
        id(cell): cell
        for each in functions
        if each.__code__ is code and each.__closure__ and content_of(cell := each.__closure__[place]) is value
    }
    return next(iter(cells.values())) if len(cells) == 1 else None


def content_of(cell: object) -> object:
    """What a cell of an enclosing function's variable holds."""
    try:
        return cell.cell_contents if isinstance(cell, CellType) else UNKNOWN
    except ValueError:
        return GONE


def is_container(value: object) -> bool:
    """Whether a value holds others that may change."""
    return issubclass(type(value), _CONTAINERS)


def contents(container: Any) -> Contents | None:
    """A copy of what a container of Python's own holds, by key or by place; ``None`` of any other, or of too much."""
    kind = type(container)
    if not any(derives(kind, base) for base in (dict, list, set, deque)) or len(container) > MOST_ITEMS:
        return None
    if derives(kind, dict):
        return dict(dict.items(container))
    return dict(enumerate(container))


def is_same(before: Contents, now: Contents) -> bool:
    """Whether two copies hold the very same objects."""
    return len(before) == len(now) and all(now.get(key, GONE) is item for key, item in before.items())
