"""The anomalies of the Hermitage project (https://github.com/ept/hermitage) as data, and which of PostgreSQL's levels
prevent each.

Every case has the same table: ``test`` with the rows (1, 10) and (2, 20). A transaction is the statements that it runs
one after the other; ``{0}`` stands for what the first of them has read. The names are those of Adya's thesis, and of
Berenson et al. for the lost update (P4).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Level = Literal["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"]
LEVELS: tuple[Level, ...] = ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")

Rows = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Seen:
    """What became of the transactions: for each what its statements gave (rows, or how many they changed), ``None`` for
    one that was refused; and the rows of the table at the end."""

    gave: tuple[tuple[object, ...] | None, ...]
    final: dict[int, int]

    @property
    def is_refused(self) -> bool:
        return None in self.gave


@dataclass(frozen=True)
class Anomaly:
    """One anomaly: its transactions, how it shows where all of them are done, and the lowest level that prevents it."""

    name: str
    transactions: tuple[tuple[str, ...], ...]
    shows: Callable[[Seen], bool]
    prevented_at: Level

    def is_prevented(self, level: Level) -> bool:
        return LEVELS.index(level) >= LEVELS.index(self.prevented_at)


def _value(seen: Seen, transaction: int, statement: int) -> object:
    """What a transaction has read of one row."""
    gave = seen.gave[transaction]
    assert gave is not None
    rows = gave[statement]
    assert isinstance(rows, tuple)
    return rows[0][-1] if rows else None


def _set(row: int, value: int | str) -> str:
    return f"UPDATE test SET value = {value} WHERE id = {row}"


def _get(row: int) -> str:
    return f"SELECT id, value FROM test WHERE id = {row}"


_BOTH = "SELECT id, value FROM test ORDER BY id"
_THIRDS = "SELECT id FROM test WHERE value % 3 = 0"
_COMMIT = "COMMIT"
_NEW: Rows = ((1, 10), (2, 20))


def _vanished(seen: Seen) -> bool:
    """Whether a reader that had seen the last writer's first row was given an earlier second one."""
    return _value(seen, 2, 0) == seen.final[1] and _value(seen, 2, 1) != seen.final[2]


ANOMALIES = (
    Anomaly(
        "G0: write cycles (dirty writes)",
        ((_set(1, 11), _set(2, 21), _COMMIT), (_set(1, 12), _set(2, 22), _COMMIT)),
        lambda seen: seen.final[1] % 10 != seen.final[2] % 10,
        "READ COMMITTED",
    ),
    Anomaly(
        "G1a: aborted reads (dirty reads)",
        ((_set(1, 101), "ROLLBACK"), (_get(1), _get(1), _COMMIT)),
        lambda seen: 101 in (_value(seen, 1, 0), _value(seen, 1, 1)),
        "READ COMMITTED",
    ),
    Anomaly(
        "G1b: intermediate reads (dirty reads)",
        ((_set(1, 101), _set(1, 11), _COMMIT), (_get(1), _get(1), _COMMIT)),
        lambda seen: 101 in (_value(seen, 1, 0), _value(seen, 1, 1)),
        "READ COMMITTED",
    ),
    Anomaly(
        "G1c: circular information flow",
        ((_set(1, 11), _get(2), _COMMIT), (_set(2, 22), _get(1), _COMMIT)),
        lambda seen: _value(seen, 0, 1) == 22 and _value(seen, 1, 1) == 11,
        "READ COMMITTED",
    ),
    Anomaly(
        "OTV: observed transaction vanishes",
        ((_set(1, 11), _set(2, 19), _COMMIT), (_set(1, 12), _set(2, 18), _COMMIT), (_get(1), _get(2))),
        _vanished,
        "READ COMMITTED",
    ),
    Anomaly(
        "PMP: predicate-many-preceders",
        (
            ("SELECT id FROM test WHERE value = 30", _THIRDS, _COMMIT),
            ("INSERT INTO test VALUES (3, 30)", _COMMIT),
        ),
        lambda seen: seen.gave[0] is not None and seen.gave[0][:2] == ((), ((3,),)),
        "REPEATABLE READ",
    ),
    Anomaly(
        "PMP: predicate-many-preceders, for a predicate of a write",
        (
            ("UPDATE test SET value = value + 10", _COMMIT),
            ("SELECT id FROM test WHERE value = 20", "DELETE FROM test WHERE value = 20", _COMMIT),
        ),
        lambda seen: seen.gave[1] is not None and seen.gave[1][:2] == (((2,),), 0),
        "REPEATABLE READ",
    ),
    Anomaly(
        "P4: lost update",
        ((_get(1), _set(1, "{0} + 1"), _COMMIT), (_get(1), _set(1, "{0} + 1"), _COMMIT)),
        lambda seen: seen.final[1] == 11,
        "REPEATABLE READ",
    ),
    Anomaly(
        "G-single: read skew",
        ((_get(1), _get(2), _COMMIT), (_set(1, 12), _set(2, 18), _COMMIT)),
        lambda seen: (_value(seen, 0, 0), _value(seen, 0, 1)) == (10, 18),
        "REPEATABLE READ",
    ),
    Anomaly(
        "G-single: read skew, by predicates",
        (
            ("SELECT id FROM test WHERE value % 5 = 0 ORDER BY id", _THIRDS, _COMMIT),
            (_set(1, 12), _COMMIT),
        ),
        lambda seen: seen.gave[0] is not None and seen.gave[0][:2] == (((1,), (2,)), ((1,),)),
        "REPEATABLE READ",
    ),
    Anomaly(
        "G2-item: write skew",
        ((_BOTH, _set(1, 11), _COMMIT), (_BOTH, _set(2, 21), _COMMIT)),
        lambda seen: all(gave is not None and gave[0] == _NEW for gave in seen.gave),
        "SERIALIZABLE",
    ),
    Anomaly(
        "G2: anti-dependency cycles",
        (
            (_THIRDS, "INSERT INTO test VALUES (3, 30)", _COMMIT),
            (_THIRDS, "INSERT INTO test VALUES (4, 42)", _COMMIT),
        ),
        lambda seen: all(gave is not None and gave[0] == () for gave in seen.gave),
        "SERIALIZABLE",
    ),
)
