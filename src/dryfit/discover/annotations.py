"""Annotations in one spelling, so that two versions of a signature can be compared."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from griffe import Attribute, Class, Expr, Function, GriffeError, Module

Scope = Module | Class | Function
Look = Callable[[str], object]
"""Gives what stands under a dotted name in the loaded project, or ``None``."""

_UNIONS = ("typing.Union", "typing_extensions.Union", "types.UnionType")
_OPTIONAL = ("typing.Optional", "typing_extensions.Optional")
_TRANSPARENT = frozenset(
    f"{module}.{name}"
    for module in ("typing", "typing_extensions")
    for name in ("Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly")
)
_OLD_NAMES = {
    f"typing.{name}": name.lower() for name in ("List", "Dict", "Set", "FrozenSet", "Tuple", "Type")
} | {"typing.Text": "str"}
_DEEPEST = 8


def canonical(annotation: str | Expr | None, scope: Scope, look: Look) -> str:
    """The annotation with full names and sorted alternatives: ``Optional[D]`` becomes ``None | decimal.Decimal``.

    Aliases of the project are followed. What is no type expression stays as it is written.
    """
    text = "" if annotation is None else str(annotation)
    return " | ".join(sorted(set(_Reader(scope, look).read(text)))) if text else ""


class _Reader:
    def __init__(self, scope: Scope, look: Look, depth: int = 0) -> None:
        self._scope = scope
        self._look = look
        self._depth = depth

    def read(self, text: str) -> Iterator[str]:
        try:
            node = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            yield text
        else:
            yield from self._alternatives(node)

    def _alternatives(self, node: ast.expr) -> Iterator[str]:
        match node:
            case ast.Constant(value=str(text)):
                yield from self.read(text)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                yield from self._alternatives(left)
                yield from self._alternatives(right)
            case ast.Subscript(value=value, slice=inside):
                yield from self._subscripted(self._name(value), inside)
            case ast.Name() | ast.Attribute():
                yield from self._named(node)
            case _:
                yield ast.unparse(node)

    def _subscripted(self, name: str, inside: ast.expr) -> Iterator[str]:
        inner = inside.elts if isinstance(inside, ast.Tuple) else [inside]
        if name in _UNIONS:
            for each in inner:
                yield from self._alternatives(each)
        elif name in _OPTIONAL:
            yield from (*self._alternatives(inner[0]), "None")
        elif name in _TRANSPARENT:
            yield from self._alternatives(inner[0])
        elif name.endswith(".Literal"):
            yield from (f"Literal[{ast.unparse(each)}]" for each in inner)
        else:
            yield f"{name}[{', '.join(' | '.join(sorted(self._alternatives(each))) for each in inner)}]"

    def _named(self, node: ast.expr) -> Iterator[str]:
        name = self._name(node)
        target = self._look(name)
        if isinstance(target, Attribute) and target.value is not None and self._depth < _DEEPEST:
            home = target.parent
            text = str(target.value)
            if isinstance(home, Module | Class) and not text.endswith(")"):  # no NewType, no TypeVar
                yield from _Reader(home, self._look, self._depth + 1).read(text)
                return
        yield name

    def _name(self, node: ast.expr) -> str:
        written = ast.unparse(node)
        first, dot, rest = written.partition(".")
        try:
            found = self._scope.resolve(first)
        except (GriffeError, KeyError, RecursionError):
            found = first
        name = f"{found}{dot}{rest}".removeprefix("builtins.")
        target = self._look(name)
        name = getattr(target, "canonical_path", name) if target is not None else name
        return _OLD_NAMES.get(name, name)
