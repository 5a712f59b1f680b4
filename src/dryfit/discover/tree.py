"""Walking a syntax tree fast: only the fields that can hold nodes, decided once a node type."""

from __future__ import annotations

import ast

_NO_NODES = frozenset(
    {"ctx", "op", "ops", "id", "attr", "arg", "name", "names", "kind", "level", "module", "type_comment"}
)


_FIELDS: dict[type, tuple[str, ...]] = {
    kind: tuple(field for field in kind._fields if field not in _NO_NODES)
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
}


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes directly below ``node``, in the order of its fields; contexts and operators left out."""
    found: list[ast.AST] = []
    for field in _FIELDS[type(node)]:
        value = getattr(node, field, None)
        if isinstance(value, ast.AST):
            found.append(value)
        elif isinstance(value, list):
            found.extend(inner for inner in value if isinstance(inner, ast.AST))
    return found
