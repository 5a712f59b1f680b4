"""Which failures the source says may be passed over: those whose very class is named around the one call that fails."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from dryfit.discover.text import decode
from dryfit.model.structure import Tolerated

_EVERYTHING = frozenset({"Exception", "BaseException"})

_QUIET = (ast.Pass, ast.Expr)
"""What a handler consists of that does nothing about the failure, beyond noting it somewhere."""


def tolerated_in(root: Path, files: Iterable[str]) -> tuple[Tolerated, ...]:
    """The tolerated failures of these files, which are relative to ``root``; nothing of a file that cannot be read."""
    return tuple(each for file in sorted(set(files)) for each in _of_file(root, file))


def _of_file(root: Path, file: str) -> Iterator[Tolerated]:
    try:
        tree = ast.parse(decode((root / file).read_bytes()).text)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        names = _passed_over(node)
        if names:
            assert isinstance(node, ast.Try | ast.With | ast.AsyncWith)
            (only,) = node.body
            yield Tolerated(file, only.lineno, only.end_lineno or only.lineno, tuple(names))


def _passed_over(node: ast.AST) -> list[str]:
    """The classes of exceptions, without modules, that a statement around one single other one passes over."""
    if isinstance(node, ast.Try) and len(node.body) == 1 and not node.orelse:
        quiet = [each for each in node.handlers if all(isinstance(step, _QUIET) for step in each.body)]
        named = [each.type for each in quiet if each.type is not None]
    elif isinstance(node, ast.With | ast.AsyncWith) and len(node.body) == 1:
        calls = [each.context_expr for each in node.items if isinstance(each.context_expr, ast.Call)]
        named = [argument for call in calls if _last(call.func) == "suppress" for argument in call.args]
    else:
        return []
    return [name for each in named for name in _names(each) if name and name not in _EVERYTHING]


def _names(named: ast.expr) -> Iterator[str]:
    for each in named.elts if isinstance(named, ast.Tuple) else [named]:
        yield _last(each)


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
