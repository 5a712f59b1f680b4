"""Which names the tests replace, as their source says; nothing is executed."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from dryfit.discover.text import decode

_REPLACE = frozenset({"patch", "object", "setattr", "spy"})
"""The last parts of ``patch``, ``patch.object``, ``monkeypatch.setattr``, ``mocker.patch`` and ``mocker.spy``."""


def replaced_names(files: Iterable[str]) -> frozenset[str]:
    """The dotted names that are replaced in these files, as far as they are written out."""
    found: set[str] = set()
    for file in files:
        try:
            tree = ast.parse(decode(Path(file).read_bytes()).text)
        except (OSError, SyntaxError, ValueError, RecursionError):
            continue  # pytest tells of it
        imported = dict(_imports(tree))
        found.update(name for node in ast.walk(tree) for name in _replaced(node, imported))
    return frozenset(found)


def _replaced(node: ast.AST, imported: Mapping[str, str]) -> Iterator[str]:
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[first, *more]) if (
            name in _REPLACE
        ):
            pass
        case _:
            return
    match first, more:
        case ast.Constant(value=str(target)), _ if "." in target:
            yield target
        case ast.Name() | ast.Attribute(), [ast.Constant(value=str(attribute)), *_]:
            owner = ast.unparse(first)
            head, _, rest = owner.partition(".")
            if head in imported:
                yield ".".join(part for part in (imported[head], rest, attribute) if part)


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (alias.asname, alias.name) if alias.asname else (alias.name.partition(".")[0],) * 2
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"
