"""Whether a function reads a variable again after a call: a small search along the ways that the program can go."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from dryfit.discover.tree import children

Ahead = int | Literal["gone", "left", None]
"""The line of the first read; ``gone``: bound anew, or the end; ``left``: the loop is left; ``None``: goes on."""


@dataclass(frozen=True, slots=True)
class Path:
    """Where a statement stands: its block, its index there, and the path of the statement around the block."""

    above: Path | None
    block: Sequence[ast.stmt]
    index: int

    @property
    def statement(self) -> ast.stmt:
        """The statement itself."""
        return self.block[self.index]


def variable(node: ast.expr) -> str:
    """``name`` or ``self.name``; "" for any other expression."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        return f"self.{node.attr}"
    return ""


def read_again(key: str, call: ast.Call, path: Path) -> int:
    """The line on which ``key`` is read next after ``call``, or 0: other branches and new bindings are respected.

    In a loop the next round counts too, the call's own argument included.
    """
    ahead = _rest_of_statement(key, call, path.statement)
    current: Path | None = path
    while current is not None and not isinstance(ahead, int) and ahead != "gone":
        statement = current.statement
        if ahead is None:
            ahead = _block(key, current.block[current.index + 1 :])
        around = current.above.statement if current.above else None
        if isinstance(around, ast.Try | ast.TryStar):
            ahead = _first(ahead, _after_try_block(key, around, current.block))
        if isinstance(around, ast.For | ast.AsyncFor | ast.While) and current.block is around.body:
            ahead = _first(_next_round(key, around) if ahead in (None, "left") else ahead, None)
            ahead = ahead if isinstance(ahead, int) else _block(key, around.orelse)
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            break
        current = current.above
    return ahead if isinstance(ahead, int) else 0


def _first(one: Ahead, other: Ahead) -> Ahead:
    """A read on either way counts; otherwise the way that goes on."""
    if isinstance(one, int):
        return one
    return other if isinstance(other, int) else one


def _after_try_block(key: str, around: ast.Try | ast.TryStar, block: Sequence[ast.stmt]) -> Ahead:
    following = [around.finalbody]
    if block is around.body:
        following = [*(handler.body for handler in around.handlers), around.orelse, around.finalbody]
    reads = (_block(key, each) for each in following)
    return next((read for read in reads if isinstance(read, int)), None)


def _next_round(key: str, loop: ast.For | ast.AsyncFor | ast.While) -> Ahead:
    head = _expression(key, loop.test) if isinstance(loop, ast.While) else _target(key, loop.target)
    if head == "gone":
        return None
    return head or _block(key, loop.body)


def _block(key: str, statements: Sequence[ast.stmt]) -> Ahead:
    for statement in statements:
        ahead = _statement(key, statement)
        if ahead is not None:
            return ahead
    return None


def _statement(key: str, statement: ast.stmt) -> Ahead:
    if isinstance(statement, ast.If):
        return _expression(key, statement.test) or _branches(
            _block(key, statement.body), _block(key, statement.orelse)
        )
    if isinstance(statement, ast.For | ast.AsyncFor | ast.While):
        return _loop(key, statement)
    if isinstance(statement, ast.Try | ast.TryStar):
        return _try(key, statement)
    if isinstance(statement, ast.With | ast.AsyncWith):
        return _events(key, statement.items) or _block(key, statement.body)
    if isinstance(statement, ast.Match):
        cases = [_block(key, case.body) for case in statement.cases]
        return _expression(key, statement.subject) or _branches(*cases, None)
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return _reads_inside(key, statement)
    if isinstance(statement, ast.Break | ast.Continue):
        return "left"
    ahead = _events(key, [statement])
    return "gone" if ahead is None and isinstance(statement, ast.Return | ast.Raise) else ahead


def _loop(key: str, loop: ast.For | ast.AsyncFor | ast.While) -> Ahead:
    head = _expression(key, loop.test if isinstance(loop, ast.While) else loop.iter)
    if head is not None:
        return head
    bound = isinstance(loop, ast.For | ast.AsyncFor) and _target(key, loop.target) == "gone"
    inside = None if bound else _block(key, loop.body)
    return inside if isinstance(inside, int) else _block(key, loop.orelse)


def _try(key: str, statement: ast.Try | ast.TryStar) -> Ahead:
    body = _block(key, statement.body)
    ways = [
        body,
        _block(key, statement.orelse),
        *(_block(key, handler.body) for handler in statement.handlers),
    ]
    read = next((way for way in ways if isinstance(way, int)), None)
    return read or _block(key, statement.finalbody) or (body if not statement.handlers else None)


def _branches(*ways: Ahead) -> Ahead:
    read = next((way for way in ways if isinstance(way, int)), None)
    if read is not None:
        return read
    return ways[0] if all(way is not None for way in ways) else None


def _rest_of_statement(key: str, call: ast.Call, statement: ast.stmt) -> Ahead:
    """What follows the call where it stands; for a compound statement its blocks follow its head."""
    passed = False
    for node, bound in _in_order(_head(statement)):
        if node is call:
            passed = True
        elif passed and variable(node) == key:
            return "gone" if bound else node.lineno
    if isinstance(statement, ast.Return | ast.Raise):
        return "gone"
    if isinstance(statement, ast.If):
        return _branches(_block(key, statement.body), _block(key, statement.orelse))
    if isinstance(statement, ast.While):
        return _first(_block(key, statement.body), None)
    if isinstance(statement, ast.For | ast.AsyncFor):
        read = None if _target(key, statement.target) == "gone" else _block(key, statement.body)
        return read if isinstance(read, int) else None
    if isinstance(statement, ast.With | ast.AsyncWith):
        return _block(key, statement.body)
    return None


def _head(statement: ast.stmt) -> list[ast.AST]:
    if isinstance(statement, ast.If | ast.While):
        return [statement.test]
    if isinstance(statement, ast.For | ast.AsyncFor):
        return [statement.iter]
    if isinstance(statement, ast.With | ast.AsyncWith):
        return list(statement.items)
    if isinstance(statement, ast.Match):
        return [statement.subject]
    if isinstance(statement, ast.Try | ast.TryStar | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return []
    return [statement]


def _expression(key: str, node: ast.AST) -> Ahead:
    return _events(key, [node])


def _target(key: str, node: ast.expr) -> Ahead:
    return "gone" if any(variable(inner) == key for inner, bound in _in_order([node]) if bound) else None


def _reads_inside(key: str, node: ast.AST) -> Ahead:
    return next(
        (inner.lineno for inner, bound in _in_order([node]) if not bound and variable(inner) == key), None
    )


def _events(key: str, nodes: Sequence[ast.AST]) -> Ahead:
    for node, bound in _in_order(nodes):
        if variable(node) == key:
            return "gone" if bound else node.lineno
    return None


def _in_order(nodes: Sequence[ast.AST]) -> Iterator[tuple[ast.expr, bool]]:
    """Variables (with whether they are bound there) and calls, in the order in which they are evaluated."""
    for node in nodes:
        yield from _in_order(_evaluation_order(node))
        if isinstance(node, ast.Name | ast.Attribute):
            yield node, not isinstance(node.ctx, ast.Load)
        elif isinstance(node, ast.Call):
            yield node, False


def _evaluation_order(node: ast.AST) -> Sequence[ast.AST]:
    if isinstance(node, ast.Assign):
        return [node.value, *node.targets]
    if isinstance(node, ast.AnnAssign):
        return [node.value, node.target] if node.value else []
    if isinstance(node, ast.AugAssign):
        return [_as_load(node.target), node.value, node.target]
    if isinstance(node, ast.NamedExpr):
        return [node.value, node.target]
    if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
        return [*node.generators, node.elt]
    if isinstance(node, ast.DictComp):
        return [*node.generators, node.key, node.value]
    if isinstance(node, ast.comprehension):
        return [node.iter, node.target, *node.ifs]
    if isinstance(node, ast.IfExp):
        return [node.test, node.body, node.orelse]
    return children(node)


def _as_load(target: ast.expr) -> ast.AST:
    """``x += 1`` reads ``x`` first."""
    if isinstance(target, ast.Name):
        return ast.copy_location(ast.Name(target.id, ast.Load()), target)
    if isinstance(target, ast.Attribute):
        return ast.copy_location(ast.Attribute(target.value, target.attr, ast.Load()), target)
    return target
