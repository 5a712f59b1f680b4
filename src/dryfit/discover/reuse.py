"""Whether a function reads a variable again after a call: a small search along the ways that the program can go."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from dryfit.discover.tree import children

Ahead = int | Literal["gone", "ends", "break", "continue", None]
"""The line of the first read; ``gone``: bound anew; ``ends``: the function returns or raises; ``None``: it goes on."""

Loop = ast.For | ast.AsyncFor | ast.While


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
    while not isinstance(ahead, int) and ahead != "gone":
        if ahead is None:
            ahead = _block(key, path.block[path.index + 1 :])
        if isinstance(ahead, int) or ahead == "gone" or path.above is None:
            break
        around = path.above.statement
        if isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            break
        ahead = _after_block(key, around, path.block, ahead)
        path = path.above
    return ahead if isinstance(ahead, int) else 0


def _after_block(key: str, around: ast.stmt, block: Sequence[ast.stmt], ahead: Ahead) -> Ahead:
    """Where ``block`` of the statement ``around`` leads, when it ended with ``ahead`` and without a read."""
    if isinstance(around, ast.Try | ast.TryStar):
        read = _after_try_block(key, around, block, ahead)
        return ahead if read is None else read
    if isinstance(around, Loop) and block is around.body:
        if ahead == "break":
            return None
        read = _next_round(key, around) if ahead in (None, "continue") else None
        if read is None and ahead != "ends":
            return _block(key, around.orelse)
        return read or ahead
    return ahead


def _after_try_block(
    key: str, around: ast.Try | ast.TryStar, block: Sequence[ast.stmt], ahead: Ahead
) -> int | None:
    following: list[Sequence[ast.stmt]] = [around.finalbody]
    if block is around.body:
        following = [*(handler.body for handler in around.handlers), *following]
        if ahead is None:
            following.insert(0, around.orelse)
    reads = (_block(key, each) for each in following)
    return next((read for read in reads if isinstance(read, int)), None)


def _next_round(key: str, loop: Loop) -> int | None:
    head = _expression(key, loop.test) if isinstance(loop, ast.While) else _target(key, loop.target)
    read = _block(key, loop.body) if head is None else head
    return read if isinstance(read, int) else None


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
    if isinstance(statement, Loop):
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
    if isinstance(statement, ast.Break):
        return "break"
    if isinstance(statement, ast.Continue):
        return "continue"
    ahead = _events(key, [statement])
    return "ends" if ahead is None and isinstance(statement, ast.Return | ast.Raise) else ahead


def _loop(key: str, loop: Loop) -> Ahead:
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
    """A read on any way counts; the variable is gone only if it is on every way."""
    read = next((way for way in ways if isinstance(way, int)), None)
    if read is not None:
        return read
    order: tuple[Ahead, ...] = (None, "break", "continue", "ends")
    return next((way for way in order if way in ways), "gone")


def _rest_of_statement(key: str, call: ast.Call, statement: ast.stmt) -> Ahead:
    """What follows the call where it stands; for a compound statement its blocks follow its head."""
    passed = False
    for node, bound in _in_order(_head(statement)):
        if node is call:
            passed = True
        elif passed and variable(node) == key:
            return "gone" if bound else node.lineno
    return _after_head(key, statement)


def _after_head(key: str, statement: ast.stmt) -> Ahead:
    match statement:
        case ast.Return() | ast.Raise():
            return "ends"
        case ast.If():
            return _branches(_block(key, statement.body), _block(key, statement.orelse))
        case ast.Match():
            return _branches(*(_block(key, case.body) for case in statement.cases), None)
        case ast.While():
            body = _block(key, statement.body)
            return _expression(key, statement.test) if body in (None, "continue") else body
        case ast.For() | ast.AsyncFor():
            read = None if _target(key, statement.target) == "gone" else _block(key, statement.body)
            return read if isinstance(read, int) else None
        case ast.With() | ast.AsyncWith():
            return _block(key, statement.body)
        case _:
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
