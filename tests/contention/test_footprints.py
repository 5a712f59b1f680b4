"""Orders that differ only by statements which do not matter to each other need not be run: a law, on a real server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from types import FrameType

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contention.hermitage import LEVELS
from tests.contention.orders import EveryOrder

from dryfit.model.interleaving import ANYTHING, Choose, Footprint, Interleaving
from dryfit.model.outcome import Outcome
from dryfit.probes.schedule import Turns
from dryfit.probes.schedule.exhaustive import Exhaustive
from dryfit.resources.postgres.database import Database
from dryfit.resources.postgres.footprints import PostgresFootprints, is_doubtful
from dryfit.resources.postgres.waits import PostgresBackends

Program = tuple[str, ...]
Told = tuple[object, ...]

READS = (
    "SELECT 1",
    "SELECT value FROM test WHERE id = 1",
    "SELECT sum(value) FROM test",
    "SELECT value FROM other",
    "SELECT children()",
    "SELECT last_value FROM child_id_seq",
    "SELECT count(*) FROM log",
)
WRITES = (
    "UPDATE test SET value = value + 1 WHERE id = 1",
    "UPDATE test SET value = value + (SELECT count(*) FROM child) WHERE id = 2",
    "UPDATE test SET value = 0 WHERE value > 20",
    "SELECT value FROM test WHERE id = 1 FOR UPDATE",
    "SELECT id FROM test ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED",
    "SELECT value FROM test WHERE id = 2 FOR SHARE NOWAIT",
    "INSERT INTO test VALUES (3, 30)",
    "INSERT INTO test VALUES (3, 31) ON CONFLICT (id) DO UPDATE SET value = test.value + 1",
    "INSERT INTO child (parent) VALUES (1) RETURNING id",
    "INSERT INTO child (parent) SELECT 2 WHERE NOT EXISTS (SELECT FROM child) RETURNING id",
    "DELETE FROM test WHERE id = 2",
    "UPDATE other SET value = value + 1",
    "LOCK TABLE test IN SHARE MODE",
    "SELECT pg_try_advisory_xact_lock(1)",
    "SAVEPOINT here",
    "ROLLBACK TO here",
)
ENDS = ("COMMIT", "COMMIT", "ROLLBACK")
FINAL = """
SELECT 'test', id, value FROM test UNION ALL SELECT 'child', id, parent FROM child UNION ALL SELECT said, 0, 0 FROM log
"""


class Transactions:
    """Transactions at once, each on a connection of its own, in every order or in those that a search wants."""

    def __init__(self, database: Database, opened: ExitStack) -> None:
        backends = PostgresBackends()
        opened.callback(backends.close)
        self.connections = [opened.enter_context(psycopg.connect(database.handle.url)) for _ in range(3)]
        self.connections[-1].autocommit = True
        self.footprints = PostgresFootprints(backends)
        self._rewind = database.rewind()
        assert self._rewind.take() == ""
        self._turns = opened.enter_context(Turns(backends, limit=10, place=_nowhere, are_told=True))

    def run(self, level: str, programs: Sequence[Program], choose: Choose) -> tuple[Interleaving, Told]:
        """One order, and what came of it."""
        self.footprints.begin()
        operations = [partial(self._perform, level, worker, each) for worker, each in enumerate(programs)]
        interleaving, outcomes = self._turns.run(operations, choose)
        assert interleaving.ending == "completed"
        assert self.footprints.are_complete
        rows = tuple(sorted(self.connections[-1].execute(FINAL).fetchall()))
        assert self._rewind.back() == ""
        return interleaving, (*map(_value, outcomes), rows)

    def _perform(self, level: str, worker: int, program: Program) -> Told:
        connection = self.connections[worker]
        if connection.isolation_level is not (wanted := psycopg.IsolationLevel[level.replace(" ", "_")]):
            connection.isolation_level = wanted
        told: list[object] = []
        try:
            told.extend(self._call(connection, worker, statement) for statement in program)
        except psycopg.Error as error:
            told.append(error.sqlstate)
            self._call(connection, worker, "ROLLBACK")
        return tuple(told)

    def _call(self, connection: psycopg.Connection, worker: int, statement: str) -> object:
        def do() -> object:
            cursor = connection.execute(statement)
            return tuple(cursor.fetchall()) if cursor.description else cursor.rowcount

        def touched(failed: bool) -> Footprint:
            return self.footprints.touched(connection, worker, failed=failed)

        return self._turns.call(connection, "statement", statement, None, do, touched=touched)

    def every(self, level: str, programs: Sequence[Program]) -> set[Told]:
        """What comes of all orders."""
        return {self.run(level, programs, choose)[1] for choose in EveryOrder(len(programs))}

    def pruned(self, level: str, programs: Sequence[Program]) -> tuple[set[Told], int]:
        """What comes of those that may matter, and how many they are."""
        search, found, ran = Exhaustive(), set(), 0
        while search.begin():
            interleaving, told = self.run(level, programs, search.choose)
            search.ended(interleaving)
            found.add(told)
            ran += 1
        assert search.exhausted, search.diverged
        return found, ran


def _nowhere(frame: FrameType) -> None:
    """No frame is a component's."""


def _value(outcome: Outcome | None) -> object:
    assert outcome is not None
    return outcome.unwrap()


@pytest.fixture(scope="module")
def transactions(database: Database) -> Iterator[Transactions]:
    with ExitStack() as opened:
        yield Transactions(database, opened)


def programs(most: int) -> st.SearchStrategy[Program]:
    """Some statements, and the end of the transaction."""
    statements = st.lists(st.sampled_from(READS) | st.sampled_from(WRITES), min_size=1, max_size=most)
    return st.builds(lambda body, end: (*body, end), statements, st.sampled_from(ENDS))


@given(level=st.sampled_from(LEVELS), one=programs(2), other=programs(2))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_orders_that_may_matter_come_to_all_that_orders_can_come_to(
    transactions: Transactions, level: str, one: Program, other: Program
) -> None:
    found, _ = transactions.pruned(level, (one, other))
    assert found == transactions.every(level, (one, other))


def touched(transactions: Transactions, level: str, *programs: Program) -> list[list[Footprint]]:
    """What the statements of each touched, one operation after the other."""
    interleaving, _ = transactions.run(level, programs, lambda choice: choice.enabled[0])
    return [
        [move.footprint for move in interleaving.moves if move.chosen == worker][1:]
        for worker in range(len(programs))
    ]


def test_a_statement_commutes_with_what_is_not_committed(transactions: Transactions) -> None:
    read = ("SELECT value FROM test", "SELECT value FROM other", "COMMIT")
    written = ("UPDATE test SET value = value + 1 WHERE id = 1", "COMMIT")
    (reads, _, read_only), (update, commit) = touched(transactions, "READ COMMITTED", read, written)
    assert not reads.depends_on(update)
    assert reads.depends_on(commit)
    assert update.depends_on(update)
    assert not read_only.depends_on(commit)


def test_tables_that_a_trigger_a_function_and_a_foreign_key_use_are_seen(transactions: Transactions) -> None:
    program = ("UPDATE other SET value = 5", "INSERT INTO child (parent) VALUES (1)", "COMMIT")
    ((updated, inserted, _), (counted, _)) = touched(
        transactions, "READ COMMITTED", program, ("SELECT children()", "COMMIT")
    )
    assert {"claims other", "claims log"} <= updated.writes
    assert {"claims child", "claims test", "rows child_id_seq"} <= inserted.writes
    assert "rows child" in counted.reads


def test_the_first_statement_of_repeatable_read_reads_all_that_is_committed(
    transactions: Transactions,
) -> None:
    first, commit = ("SELECT 1", "SELECT value FROM other", "COMMIT"), ("UPDATE test SET value = 0", "COMMIT")
    (snapshot, later, _), (_, committed) = touched(transactions, "REPEATABLE READ", first, commit)
    assert snapshot.depends_on(committed)
    assert not later.depends_on(committed)


@pytest.mark.parametrize(
    ("level", "program"),
    [
        ("SERIALIZABLE", ("SELECT value FROM test", "SELECT 1", "COMMIT")),
        ("READ COMMITTED", ("SELECT pg_try_advisory_xact_lock(1)", "SELECT 1", "COMMIT")),
        ("READ COMMITTED", ("LOCK TABLE test IN SHARE MODE", "SELECT 1", "COMMIT")),
        ("READ COMMITTED", ("NOTIFY done", "SELECT 1", "COMMIT")),
        ("READ COMMITTED", ("SELECT relname FROM pg_class LIMIT 0", "SELECT 1", "COMMIT")),
    ],
)
def test_what_is_not_plain_may_be_anything_until_its_transaction_is_over(
    transactions: Transactions, level: str, program: Program
) -> None:
    ((*doubtful, after),) = touched(transactions, level, (*program, "SELECT 1", "ROLLBACK"))
    assert doubtful[: len(program)] == [ANYTHING] * len(program)
    assert not after.unknown


def test_what_failed_may_have_touched_anything(transactions: Transactions) -> None:
    ((failed, _),) = touched(transactions, "READ COMMITTED", ("INSERT INTO test VALUES (1, 1)",))
    assert failed == ANYTHING


def test_a_transaction_whose_end_nobody_sees_is_told(transactions: Transactions) -> None:
    footprints, connection = transactions.footprints, transactions.connections[0]
    connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
    footprints.begin()
    with connection.transaction(force_rollback=True):
        connection.execute("UPDATE test SET value = value + 1")
        assert not footprints.touched(connection, 0, failed=False).unknown
        assert not footprints.are_complete
    footprints.touched(connection, 0, failed=False)
    assert footprints.are_complete
    footprints.touched(connection, 1, failed=False)
    assert footprints.are_complete, "a pool gives it to one worker after the other"


@pytest.mark.parametrize(
    ("text", "passes_on"),
    [
        ("UPDATE test SET value = value + 1", True),
        ("SET work_mem = '1MB'", True),
        ("SELECT set_config('work_mem', '1MB', false)", True),
        ("SELECT value FROM test", False),
        ("SET LOCAL work_mem = '1MB'", False),
    ],
)
def test_a_connection_that_passes_something_on_is_told(
    transactions: Transactions, text: str, passes_on: bool
) -> None:
    footprints, connection = transactions.footprints, transactions.connections[0]
    footprints.begin()
    connection.execute(text)
    footprints.touched(connection, 0, failed=False)
    if not text.startswith("UPDATE"):
        connection.commit()
        footprints.touched(connection, 0, failed=False)
    footprints.touched(connection, 1, failed=False)
    connection.rollback()
    footprints.touched(connection, 1, failed=False)
    assert footprints.are_complete is not passes_on


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("INSERT INTO a VALUES (1) ON CONFLICT DO NOTHING", False),
        ("BEGIN RAISE EXCEPTION 'no'; END", False),
        ("BEGIN x; EXCEPTION WHEN no_data_found THEN END", True),
        ("do $$ BEGIN END $$", True),
        ("select created_at, listener from documents", False),
        ("SELECT U&\"\\0070g_notify\"('a', 'b')", True),
    ],
)
def test_a_word_is_enough_for_doubt(text: str, expected: bool) -> None:
    assert is_doubtful(text) is expected
