"""What one pass over a module finds, with names and scopes that are looked at when they are asked for."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from dryfit.discover.facts import FunctionKind, ImportFacts
from dryfit.discover.reuse import Path
from dryfit.discover.scopes import Scope

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True, eq=False)
class Body:
    """The code of a module, class or function: what it calls, returns and reads. ``function`` is its qualified name."""

    scope: Scope
    function: str
    own: OpenClass | None = None
    receiver: str = ""
    elsewhere: set[str] = field(default_factory=set)  # names that `global` sends to another scope
    calls: list[tuple[ast.Call, Path | None]] = field(default_factory=list)
    discarded: set[ast.expr] = field(default_factory=set)
    awaited: set[ast.expr] = field(default_factory=set)
    returned: list[ast.expr] = field(default_factory=list)
    yields: bool = False
    reads: dict[str, int] = field(default_factory=dict)
    own_names: dict[str, int] = field(default_factory=dict)  # as read here, nested functions apart

    def qualified(self, name: str) -> str:
        """The name that Python gives to what is defined here: ``Class.method``, ``function.<locals>.inner``."""
        if self.function == "<module>":
            return name
        inside_class = self.own is not None and self.scope is self.own.scope
        return f"{self.function}.{name}" if inside_class else f"{self.function}.<locals>.{name}"


@dataclass(slots=True, eq=False)
class OpenImport:
    """An import, the name that it binds in ``scope``, and that scope; "" for ``import *``."""

    facts: ImportFacts
    bound: str
    scope: Scope


@dataclass(slots=True, eq=False)
class OpenClass:
    """A class whose body is ``scope``; ``attributes`` are bound by ``self.x = …`` in its methods."""

    node: ast.ClassDef
    name: str
    scope: Scope
    attributes: Scope
    methods: list[OpenFunction] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class OpenFunction:
    """A function and its body; ``around`` is the scope in which its annotations and decorators stand."""

    node: Function
    name: str
    kind: FunctionKind
    body: Body
    around: Scope
