"""Places in memory that an instruction is about to read or to write, found without running the program's code."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import BuiltinFunctionType, CodeType, FrameType

from dryfit.probes.schedule.expressions import Instruction, instructions_of, operands
from dryfit.probes.schedule.looking import (
    CODE,
    GONE,
    UNKNOWN,
    cell_of,
    content_of,
    inside,
    is_class,
    is_container,
    is_plain,
    item_at,
    keeper,
    keeper_to_be,
    led_to,
    own_attribute,
)
from dryfit.probes.statics import derives

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
                return own_attribute(self.owner, name)
            case ("item", key):
                return item_at(self.owner, key)
            case ("cell", _):
                return content_of(self.owner)
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
        value = inside(value)
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
            cell = cell_of(code, name, self._frame.f_locals.get(name, UNKNOWN))
            found = [Spot(cell, ("cell", name), name)] if cell is not None else []
        else:
            is_local = name in self._frame.f_locals and self._frame.f_locals is not scope
            is_global = not is_local and not isinstance(scope.get(name, GONE), CODE)
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
        find = keeper_to_be if is_write else keeper
        owner = find(self.value(expression.value), expression.attr)
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
        if not whole or not derives(type(whole[0].owner), dict) or not is_plain(wanted):
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
                found = keeper(asked, name)
                return _attribute_of(found, name).value() if found is not UNKNOWN else led_to(asked, name)
            case ast.Subscript(value=container, slice=key):
                found, wanted = self.value(container), self.value(key)
                return item_at(found, wanted) if is_plain(wanted) else UNKNOWN
            case ast.Tuple(elts=parts):
                values = tuple(map(self.value, parts))
                return values if all(map(is_plain, values)) else UNKNOWN
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
    cls = owner if is_class(owner) else type(owner)
    return Spot(owner, ("attribute", name), f"{cls.__qualname__.rpartition('<locals>.')[2]}.{name}")
