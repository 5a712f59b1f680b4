"""Where a transaction or a lock was taken that is held now: the statement, or the ``with`` block."""

from __future__ import annotations

import ast
import linecache
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from types import FrameType

from dryfit.model.crossing import Crossing
from dryfit.model.seam import Place
from dryfit.model.target import DATABASES
from dryfit.probes import dbapi

_LOCKS_ROWS = re.compile(r"\bfor\s+(?:no\s+key\s+update|update|share|key\s+share)\b", re.IGNORECASE)


@dataclass(slots=True)
class _Begun:
    """A transaction: the place of its first statement, and of the first one that has written or has locked rows."""

    first: Place
    claimed: Place | None = None


class Transactions:
    """Follows each connection's transaction from statement to statement, by the connection's identity."""

    def __init__(self) -> None:
        self._begun: dict[int, _Begun] = {}

    def see(self, crossing: Crossing) -> None:
        """A statement is about to be made, or the end of the transaction."""
        if crossing.component not in DATABASES:
            return
        connection = dbapi.connection_of(crossing)
        if connection is None:
            return
        if dbapi.standing(connection) == "none":
            self._begun.pop(id(connection), None)
        begun = self._begun.setdefault(id(connection), _Begun(crossing.site.place))
        if begun.claimed is None and _claims(crossing):
            begun.claimed = crossing.site.place

    def taken_at(self, connection: int) -> Place | None:
        """Where the transaction that is open on a connection came to be in the way of others."""
        begun = self._begun.get(connection)
        return (begun.claimed or begun.first) if begun is not None else None


def _claims(crossing: Crossing) -> bool:
    texts = (value for value in crossing.values[1:] if isinstance(value, str))
    return crossing.callee.effect == "write" or any(map(_LOCKS_ROWS.search, texts))


def lock_taken_at(
    name: str, frame: FrameType | None, place_of: Callable[[FrameType], Place | None]
) -> Place | None:
    """Where the code that led to a frame took the lock that is called so (``Account.lock``), by its source.

    ``place_of`` tells where a frame stands in the components' code, and ``None`` for any other. The innermost block
    counts, else the last call of ``acquire`` before; ``None`` where neither is seen.
    """
    attribute = name.rpartition(".")[2]
    while frame is not None:
        place = place_of(frame)
        if place is not None:
            for line in _lines(frame.f_code.co_filename, attribute):
                if line.first <= frame.f_lineno <= line.last and line.function == _begins(frame):
                    return replace(place, line=line.taken)
        frame = frame.f_back
    return None


def _begins(frame: FrameType) -> int:
    return frame.f_code.co_firstlineno


@dataclass(frozen=True, slots=True)
class _Held:
    """Lines in which a lock is held, the one where it was taken, and where the function begins."""

    first: int
    last: int
    taken: int
    function: int


@lru_cache(256)
def _lines(file: str, attribute: str) -> tuple[_Held, ...]:
    """Where a file holds a lock of that name: the innermost and last first."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:
        return ()
    blocks = (
        held
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for held in _held_in(function, attribute)
    )
    return tuple(sorted(blocks, key=lambda held: (held.last - held.first, -held.first)))


def _held_in(function: ast.FunctionDef | ast.AsyncFunctionDef, attribute: str) -> Iterator[_Held]:
    begins = min([function.lineno, *(each.lineno for each in function.decorator_list)])
    for node in ast.walk(function):
        if isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                if _named(item.context_expr) == attribute:
                    yield _Held(node.lineno, node.end_lineno or node.lineno, item.context_expr.lineno, begins)
        elif isinstance(node, ast.Call) and _is_acquire(node.func, attribute):
            yield _Held(node.lineno, function.end_lineno or node.lineno, node.lineno, begins)


def _is_acquire(called: ast.expr, attribute: str) -> bool:
    return (
        isinstance(called, ast.Attribute) and called.attr == "acquire" and _named(called.value) == attribute
    )


def _named(value: ast.expr) -> str:
    if isinstance(value, ast.Attribute):
        return value.attr
    return value.id if isinstance(value, ast.Name) else ""
