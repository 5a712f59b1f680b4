"""What the text of an annotation allows, as far as it can be known without running the program."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_OPEN = frozenset(("Any", "object", "Hashable", "AnyStr", "SupportsInt", "SupportsFloat", "Number", "Real"))


def allows_many(annotation: str) -> bool:
    """Whether an annotation is open (``Any``, ``object``, a type variable) or a union of two types besides ``None``."""
    tree = _parsed(annotation)
    if tree is None:
        return bool(annotation)
    return _is_open(tree) or any(_is_union(node) for node in ast.walk(tree))


def _parsed(annotation: str) -> ast.expr | None:
    try:
        tree = ast.parse(annotation, mode="eval").body
    except SyntaxError:
        return None
    quoted = isinstance(tree, ast.Constant) and isinstance(tree.value, str)
    return _parsed(ast.literal_eval(tree)) if quoted else tree


def _is_open(tree: ast.expr) -> bool:
    name = _last_name(tree)
    return name in _OPEN or (len(name.strip("_")) == 1 and name.strip("_").isupper())


def _is_union(node: ast.AST) -> bool:
    return isinstance(node, ast.expr) and sum(not _is_none(member) for member in _members(node)) > 1


def _members(node: ast.expr) -> Iterator[ast.expr]:
    """The alternatives of a union, or the expression itself."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        yield from _members(node.left)
        yield from _members(node.right)
    elif isinstance(node, ast.Subscript) and _last_name(node.value) in ("Union", "Optional"):
        inside = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for member in inside:
            yield from _members(member)
    else:
        yield node


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""
