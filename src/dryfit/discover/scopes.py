"""Names and what they are bound to, scope by scope, in one module."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from dataclasses import dataclass, field

from dryfit.discover.expressions import (
    FOREIGN,
    NOTHING,
    Alias,
    Collection,
    Defined,
    Expression,
    Instance,
    Parent,
    Ref,
    Unknown,
    attribute,
    either,
    entered,
    instance,
    item,
    result,
)

BUILTINS = frozenset(dir(builtins))
TYPING_MODULES = (
    "typing.",
    "typing_extensions.",
    "collections.abc.",
    "collections.",
    "contextlib.",
    "types.",
)

WRAPPERS = frozenset(
    {"Optional", "Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly", "Awaitable"}
)
COLLECTIONS = frozenset(
    {
        "list",
        "set",
        "frozenset",
        "List",
        "Set",
        "FrozenSet",
        "Sequence",
        "MutableSequence",
        "Collection",
        "Iterable",
    }
    | {"Iterator", "Generator", "AsyncIterable", "AsyncIterator", "AsyncGenerator", "deque", "Deque"}
    | {"AbstractContextManager", "AbstractAsyncContextManager", "ContextManager", "AsyncContextManager"}
)
MAPPINGS = frozenset(
    {"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict"}
)
UNTOLD = frozenset({"Any", "object", "TypeVar", "NewType", "Callable", "Union", "Protocol"})

LITERALS = (
    ast.List, ast.Dict, ast.Set, ast.Tuple, ast.JoinedStr, ast.Compare, ast.ListComp, ast.SetComp, ast.DictComp,
    ast.GeneratorExp, ast.Lambda, ast.UnaryOp,
)  # fmt: skip

Binding = Callable[[], Expression]


@dataclass(slots=True)
class Names:
    """What one module needs to know of the project: its own name, and which top-level names are the project's."""

    module: str
    package: bool
    tops: frozenset[str]

    def is_project(self, dotted: str) -> bool:
        """Whether a dotted name may belong to the project."""
        return dotted.partition(".")[0] in self.tops

    def absolute(self, target: str | None, level: int) -> str:
        """The module that a (relative) import means; "" where it climbs above the top."""
        if not level:
            return target or ""
        parts = self.module.split(".")
        keep = len(parts) - level + (1 if self.package else 0)
        if keep <= 0:
            return ""
        return ".".join(parts[:keep] + ([target] if target else []))


@dataclass(slots=True, eq=False)
class Scope:
    """The names of a module, a class body or a function body. ``owner`` is the class whose ``self`` is known here."""

    names: Names
    parent: Scope | None = None
    owner: str = ""
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    declared: dict[str, Binding] = field(default_factory=dict)
    starred: bool = False
    _known: dict[str, Expression] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)

    def bind(self, name: str, binding: Binding) -> None:
        """Add one thing that ``name`` may stand for; it is looked at when it is asked for."""
        self.bindings.setdefault(name, []).append(binding)

    def declare(self, name: str, binding: Binding) -> None:
        """Bind ``name`` by an annotation, which decides whatever is assigned to it."""
        self.bindings.setdefault(name, [])
        self.declared[name] = binding

    def value(self, name: str) -> Expression:
        """What a name that is bound in this very scope stands for."""
        if name not in self._known:
            self._asked.add(name)
            declared = self.declared.get(name)
            bindings = [declared] if declared else self.bindings[name]
            self._known[name] = either([binding() for binding in bindings])
            self._asked.discard(name)
        return self._known[name]

    def look_up(self, name: str) -> Expression:
        """What ``name`` stands for when it is read in this scope."""
        scope: Scope | None = self
        asked = False
        while scope is not None:
            if name in scope._asked:
                asked = True  # x = x or Y(): the other bindings decide
            elif name in scope.bindings:
                return scope.value(name)
            scope = scope.parent
        if asked:
            return NOTHING
        if name in BUILTINS:
            return FOREIGN
        if self._module().starred:
            return Ref(f"{self.names.module}.{name}")
        return Unknown(f"`{name}` is bound nowhere in the file")

    def _module(self) -> Scope:
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def express(self, node: ast.expr) -> Expression:
        """What a value expression stands for."""
        match node:
            case ast.Name():
                return self._projected(self.look_up(node.id))
            case ast.Attribute():
                return self._projected(attribute(self.reference(node.value), node.attr))
            case ast.Call():
                return self._call(node)
            case ast.Await() | ast.NamedExpr() | ast.Starred():
                return self.express(node.value)
            case ast.BoolOp():
                return either([self.express(value) for value in node.values])
            case ast.IfExp():
                return either([self.express(node.body), self.express(node.orelse)])
            case ast.Subscript():
                return self._subscript(node)
            case ast.BinOp(op=ast.BitOr()):  # an alias for a union
                return either([self.express(node.left), self.express(node.right)])
            case ast.Constant():
                return NOTHING if node.value is None else FOREIGN
            case _:
                return FOREIGN if isinstance(node, LITERALS) else Unknown("the result of an operator")

    def reference(self, node: ast.expr) -> Expression:
        """Like ``express``, but keeps a library's dotted name, so that attributes can follow."""
        if isinstance(node, ast.Name):
            return self.look_up(node.id)
        if isinstance(node, ast.Attribute):
            return attribute(self.reference(node.value), node.attr)
        return self.express(node)

    def _projected(self, value: Expression) -> Expression:
        return FOREIGN if isinstance(value, Ref) and not self.names.is_project(value.name) else value

    def _subscript(self, node: ast.Subscript) -> Expression:
        base = self.dotted(node.value)
        if base.startswith(TYPING_MODULES) or base in COLLECTIONS or base in MAPPINGS:
            return Alias(self.annotated(node))
        return item(self.express(node.value))

    def _call(self, node: ast.Call) -> Expression:
        if isinstance(node.func, ast.Name) and node.func.id == "super":
            return Parent(self.owner) if self.owner and not node.args else Unknown("`super` with arguments")
        called = self.dotted(node.func)
        if called in ("typing.cast", "typing_extensions.cast") and node.args:
            return self.annotated(node.args[0])
        if called.startswith(("typing.", "typing_extensions.")):
            return Unknown(f"made by `{called}`")
        return result(self.express(node.func))

    def dotted(self, node: ast.AST) -> str:
        """The dotted name behind a name or attribute, followed through this module's imports; "" if it is none."""
        if isinstance(node, ast.Name):
            value = self.look_up(node.id)
            if isinstance(value, Ref | Defined):
                return value.name
            return node.id if value == FOREIGN and node.id in BUILTINS else ""
        if isinstance(node, ast.Attribute):
            base = self.dotted(node.value)
            return f"{base}.{node.attr}" if base else ""
        return ""

    def annotated(self, node: ast.expr | None) -> Expression:
        """What an object is whose annotation is ``node``."""
        match node:
            case None:
                return Unknown("it has no annotation")
            case ast.Constant(value=None):
                return NOTHING
            case ast.Constant(value=str(text)):
                return self._annotated_text(text)
            case ast.BinOp(op=ast.BitOr()):
                return either([self.annotated(node.left), self.annotated(node.right)])
            case ast.Subscript():
                return self._annotated_generic(node)
            case ast.Name() | ast.Attribute():
                return self._annotated_name(node)
            case _:
                return Unknown("its annotation can't be followed")

    def _annotated_text(self, text: str) -> Expression:
        try:
            return self.annotated(ast.parse(text.strip(), mode="eval").body)
        except (SyntaxError, ValueError):
            return Unknown("its annotation is no expression")

    def _annotated_name(self, node: ast.Name | ast.Attribute) -> Expression:
        name = _typing_name(self.dotted(node))
        if name in UNTOLD:
            return Unknown(f"annotated `{name}`")
        if name == "Self" and self.owner:
            return Instance(Defined(self.owner))
        if name == "None":
            return NOTHING
        return instance(self.express(node))

    def _annotated_generic(self, node: ast.Subscript) -> Expression:
        name = _typing_name(self.dotted(node.value))
        arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if not arguments:  # tuple[()]
            return FOREIGN
        if name in WRAPPERS:
            return self.annotated(arguments[0])
        if name == "Coroutine":
            return self.annotated(arguments[-1])
        if name == "Union":
            return either([self.annotated(argument) for argument in arguments])
        if name in ("type", "Type"):
            return self.express(arguments[0])
        if name in COLLECTIONS or (name in ("tuple", "Tuple") and _is_ellipsis(arguments[-1])):
            return Collection(self.annotated(arguments[0]))
        if name in MAPPINGS:
            return Collection(self.annotated(arguments[-1]), keyed=True)
        if name in UNTOLD:
            return Unknown(f"annotated `{name}`")
        return instance(self.express(node.value))

    def entered(self, node: ast.expr) -> Expression:
        """What ``with node as x`` binds."""
        return entered(self.express(node))

    def iterated(self, node: ast.expr) -> Expression:
        """What ``for x in node`` binds."""
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return either([self.express(element) for element in node.elts])
        return item(self.express(node), iterated=True)


def _typing_name(dotted: str) -> str:
    for prefix in TYPING_MODULES:
        if dotted.startswith(prefix):
            return dotted.removeprefix(prefix)
    return dotted


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis
