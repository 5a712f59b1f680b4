"""Places in memory that an instruction is about to read or to write, found without running the program's code."""

from __future__ import annotations

import ast
import asyncio
import builtins
import gc
from collections import deque
from collections.abc import Callable, Iterator, MutableMapping, MutableSequence, MutableSet
from dataclasses import dataclass, field
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FrameType,
    FunctionType,
    MemberDescriptorType,
    ModuleType,
)
from typing import Any, TypeGuard, cast

from dryfit.probes.frameworks import kept_in
from dryfit.probes.jsonable import is_scalar
from dryfit.probes.schedule.expressions import Instruction, instructions_of, operands
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
_CODE = (FunctionType, BuiltinFunctionType, ModuleType, type)
_LOOKS = frozenset(("get", "pop", "setdefault", "__getitem__"))
"""Methods of a mapping that are about one key."""

_NAMES = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FAST")
_ATTRIBUTES = ("LOAD_ATTR", "LOAD_METHOD")
_STORES = ("STORE_ATTR", "DELETE_ATTR", "STORE_GLOBAL", "DELETE_GLOBAL", "STORE_DEREF", "DELETE_DEREF")
_ITEMS = ("STORE_SUBSCR", "DELETE_SUBSCR")
_USING = (
    *("BINARY_OP", "BINARY_SLICE", "BINARY_SUBSCR", "CALL", "COMPARE_OP", "CONTAINS_OP", "DICT_", "FORMAT_"),
    *(
        "GET_ITER",
        "GET_LEN",
        "JUMP_IF",
        "LIST_",
        "POP_JUMP",
        "SET_",
        "STORE_SLICE",
        "TO_BOOL",
        "UNARY_NOT",
        "UNPACK_",
    ),
)
_WANTED = (*_NAMES, *_ATTRIBUTES, *_STORES, *_ITEMS, *_USING)

MOST_ITEMS = 1_000
"""What holds more is looked into only where an item is asked for."""

Contents = dict[object, object]
"""What a container holds, by key or by place."""

Key = tuple[int, object]
"""The identity of an object, and which part of it: ("attribute", name), ("item", key), or ``None`` for all of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """A part of an object, and how people call it; the object is kept, so that no other gets its identity."""

    owner: object
    part: object
    name: str

    @property
    def key(self) -> Key:
        """What tells it from other spots."""
        return id(self.owner), self.part

    def item(self, key: object) -> Spot:
        """What the mapping that this stands for holds under a key."""
        return Spot(self.owner, ("item", key), f"{self.name}[{key!r}]")

    def value(self) -> object:
        """What is there now."""
        match self.part:
            case ("attribute", str(name)):
                return _own(self.owner, name)
            case ("item", key):
                return _item(self.owner, key)
            case ("cell", _):
                return _content(self.owner)
        return self.owner


@dataclass(slots=True)
class Touched:
    """What an instruction is about to read, and to write; what it changes by a call is not known before."""

    reads: list[Spot] = field(default_factory=list)
    writes: list[Spot] = field(default_factory=list)


class Spots:
    """Looks at one instruction after the other.

    ``containers`` are those that were met, by their identities, as spots that stand for all that they hold.
    """

    def __init__(self) -> None:
        self.containers: dict[int, Spot] = {}
        self._codes: dict[CodeType, dict[int, Instruction]] = {}

    def touched(self, frame: FrameType, offset: int) -> Touched | None:
        """What the instruction at an offset is about to touch; ``None`` for one that touches nothing."""
        code = frame.f_code
        if code not in self._codes:
            self._codes[code] = instructions_of(code, _WANTED)
        found = self._codes[code].get(offset)
        if found is None:
            return None
        touched = Touched()
        self._look(found, _Scope(frame, self._meet), touched)
        return touched

    def _look(self, found: Instruction, scope: _Scope, touched: Touched) -> None:
        name, expression = found.name, found.expression
        if name.startswith(_NAMES):
            for each in found.argument if isinstance(found.argument, tuple) else (found.argument,):
                touched.reads += scope.variable(str(each), met=True)
        elif name.endswith("NONE"):
            return
        elif name.startswith(_STORES) and not isinstance(expression, ast.Attribute):
            touched.writes += scope.variable(str(found.argument), met=True)
        elif expression is None:
            return
        elif name.startswith(_ATTRIBUTES):
            touched.reads += scope.attribute(expression)
        elif name.startswith(_STORES):
            touched.writes += scope.attribute(expression, is_write=True)
        elif name.startswith(_ITEMS):
            touched.writes += scope.item(expression)
        else:
            touched.reads += _used(expression, scope)

    def _meet(self, value: object, name: str) -> Spot | None:
        """A container that was met: its first name is the one that stays."""
        value = _inside(value)
        if not is_container(value):
            return None
        return self.containers.setdefault(id(value), Spot(value, None, name))


class _Scope:
    """What names and expressions stand for in a frame; ``meet`` is told of every container that has a name."""

    def __init__(self, frame: FrameType, meet: Callable[[object, str], Spot | None]) -> None:
        self._frame = frame
        self._meet = meet

    def variable(self, name: str, *, met: bool = False) -> list[Spot]:
        """The spot of a variable that others may see: a global one, or one of an enclosing function."""
        code, scope = self._frame.f_code, self._frame.f_globals
        if name in code.co_freevars:
            cell = _cell(code, name, self._frame.f_locals.get(name, UNKNOWN))
            found = [Spot(cell, ("cell", name), name)] if cell is not None else []
        else:
            is_local = name in self._frame.f_locals and self._frame.f_locals is not scope
            is_global = not is_local and not isinstance(scope.get(name, GONE), _CODE)
            found = [Spot(scope, ("item", name), name)] if is_global else []
        if met:
            self._meet(self._variable(name), name)
        return found

    def _variable(self, name: str) -> object:
        for scope in (self._frame.f_locals, self._frame.f_globals, vars(builtins)):
            if name in scope:
                return scope[name]
        return UNKNOWN

    def attribute(self, expression: ast.expr, *, is_write: bool = False) -> list[Spot]:
        """The spot of an attribute that is data."""
        if not isinstance(expression, ast.Attribute):
            return []
        keeper = _keeper_to_be if is_write else _keeper
        owner = keeper(self.value(expression.value), expression.attr)
        if owner is UNKNOWN:
            return []
        spot = _attribute_of(owner, expression.attr)
        self._meet(spot.value(), spot.name)
        return [spot]

    def item(self, expression: ast.expr) -> list[Spot]:
        """The spot of an item."""
        return (
            self.item_of(expression.value, expression.slice) if isinstance(expression, ast.Subscript) else []
        )

    def item_of(self, container: ast.expr, key: ast.expr) -> list[Spot]:
        """The item of a mapping under a key, or all that another container holds."""
        whole = self.whole(container)
        wanted = self.value(key)
        if not whole or not derives(type(whole[0].owner), dict) or not _is_plain(wanted):
            return whole
        return [whole[0].item(wanted)]

    def whole(self, expression: ast.expr) -> list[Spot]:
        """All that a container holds."""
        spot = self._meet(self.value(expression), ast.unparse(expression))
        return [spot] if spot is not None else []

    def value(self, expression: ast.expr) -> object:
        """What an expression gives, as far as that can be told by looking."""
        match expression:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self._variable(name)
            case ast.Attribute(value=owner, attr=name):
                asked = self.value(owner)
                found = _keeper(asked, name)
                return _attribute_of(found, name).value() if found is not UNKNOWN else _led_to(asked, name)
            case ast.Subscript(value=container, slice=key):
                found, wanted = self.value(container), self.value(key)
                return _item(found, wanted) if _is_plain(wanted) else UNKNOWN
            case ast.Tuple(elts=parts):
                values = tuple(map(self.value, parts))
                return values if all(map(_is_plain, values)) else UNKNOWN
        return UNKNOWN


def _used(expression: ast.expr, scope: _Scope) -> Iterator[Spot]:
    """The containers of which an expression wants to know what they hold."""
    match expression:
        case ast.Subscript():
            yield from scope.item(expression)
        case ast.Compare(left=key, ops=[ast.In() | ast.NotIn()], comparators=[container]):
            yield from scope.item_of(container, key)
        case ast.Call(func=ast.Attribute(value=container, attr=method), args=[key, *_]) if method in _LOOKS:
            yield from scope.item_of(container, key)
        case ast.Call(func=ast.Attribute(value=container)):
            yield from scope.whole(container)
        case ast.Call(func=function, args=arguments):
            if isinstance(scope.value(function), BuiltinFunctionType | type):
                yield from (spot for each in arguments for spot in scope.whole(each))
        case _:
            yield from (spot for each in operands(expression) for spot in scope.whole(each))


def _attribute_of(owner: object, name: str) -> Spot:
    if isinstance(owner, dict):  # what an application keeps, or a module
        return Spot(owner, ("item", name), name)
    cls = owner if _is_class(owner) else type(owner)
    return Spot(owner, ("attribute", name), f"{cls.__qualname__.rpartition('<locals>.')[2]}.{name}")


def _keeper(owner: object, name: str) -> object:
    """The object that has an attribute as data of its own: the one asked, its class, or a dictionary behind it."""
    if owner is UNKNOWN:
        return UNKNOWN
    if type(owner) is ModuleType:
        return UNKNOWN if type(vars(owner).get(name, GONE)) in _CODE else vars(owner)
    state = _state(owner)
    if state is not None and name in state:
        return state
    cls = owner if _is_class(owner) else type(owner)
    if owner is not cls and name in dict(attributes(owner)):
        return owner
    held = _definer(cls, name)
    return UNKNOWN if held is None or _is_made(namespace(held)[name]) else held


def _keeper_to_be(owner: object, name: str) -> object:
    """The object that has an attribute as data of its own as soon as it is set."""
    if owner is UNKNOWN or type(owner) is ModuleType or _is_class(owner):
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


def _led_to(owner: object, name: str) -> object:
    """What a request of a framework leads to by a property of the framework's: the application, and its state."""
    if name not in ("app", "state") or owner is UNKNOWN or not is_installed_class(type(owner)):
        return UNKNOWN
    try:
        return getattr(owner, name, UNKNOWN)
    except Exception:  # noqa: BLE001 - it belongs to no application
        return UNKNOWN


def _definer(cls: type, name: str) -> type | None:
    return next((base for base in mro(cls) if name in namespace(base)), None)


def _is_class(value: object) -> TypeGuard[type]:
    return derives(type(value), type)


def _is_made(value: object) -> bool:
    """Whether what a class holds is a method, a property, or the like."""
    return _is_class(value) or defines(type(value), "__get__")


def _own(owner: object, name: str) -> object:
    if _is_class(owner):
        return namespace(owner).get(name, GONE)
    return dict(attributes(owner)).get(name, GONE)


def _item(container: object, key: object) -> object:
    """An item of a container of Python's own, or of what an application keeps."""
    container = _inside(container)
    if derives(type(container), dict):
        return dict.get(cast(dict[object, object], container), key, GONE)
    for base in (list, tuple, deque):
        if derives(type(container), base) and type(key) is int:
            try:
                return base.__getitem__(cast(Any, container), key)
            except IndexError:
                return GONE
    return UNKNOWN


def _inside(value: object) -> object:
    """What holds the items: of an application the dictionary that it keeps, of a queue its own container."""
    if derives(type(value), asyncio.Queue):
        return (instance_dict(value) or {}).get("_queue")
    kept = kept_in(value)
    return value if kept is None else kept


def _is_plain(value: object) -> bool:
    """Whether a value may be a key that is compared without running the program's code."""
    return value is not UNKNOWN and (
        is_scalar(value) or (type(value) is tuple and all(map(_is_plain, value)))
    )


def _cell(code: CodeType, name: str, value: object) -> object | None:
    """The cell of an enclosing function's variable; ``None`` where that cannot be told."""
    place = code.co_freevars.index(name)
    functions = [each for each in gc.get_referrers(code) if isinstance(each, FunctionType)]
    cells = {
        id(cell): cell
        for each in functions
        if each.__code__ is code and each.__closure__ and _content(cell := each.__closure__[place]) is value
    }
    return next(iter(cells.values())) if len(cells) == 1 else None


def _content(cell: object) -> object:
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
