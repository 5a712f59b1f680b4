"""Races within one statement are reached where it is stopped half-way, and by no switch between statements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial

import psycopg
import pytest
from tests.contention.orders import EveryOrder

from dryfit.lab.halfway import Halfway, Stop
from dryfit.model.interleaving import Choose, Interleaving
from dryfit.probes.schedule import Turns, serial
from dryfit.resources.postgres.database import Database
from dryfit.resources.postgres.waits import PostgresBackends

NOT_EXISTS = "INSERT INTO test SELECT {0}, 99 WHERE NOT EXISTS (SELECT FROM test WHERE value = 99)"
ONE_MORE = "INSERT INTO test SELECT {0}, max(value) + 1 FROM test"
COUNTED = "UPDATE test SET value = (SELECT sum(value) FROM test) WHERE id = {1}"


class Races:
    """Two operations of some statements each, on connections of their own that commit by themselves."""

    def __init__(self, database: Database, opened: ExitStack) -> None:
        backends = PostgresBackends()
        opened.callback(backends.close)
        self._connections = [
            opened.enter_context(psycopg.connect(database.handle.url, autocommit=True)) for _ in range(3)
        ]
        self._rewind = database.rewind()
        assert self._rewind.take() == ""
        self._halfway = Halfway(backends)
        assert self._halfway.install([database])
        opened.callback(self._halfway.remove)
        self._turns = opened.enter_context(Turns(backends, limit=10, place=lambda frame: None))

    def run(
        self, statements: Sequence[str], choose: Choose, stop: Stop = ()
    ) -> tuple[Interleaving, list[int]]:
        """One order, with the statement stopped that is given, and the values at the end of it."""
        self._halfway.begin(stop)
        interleaving, _ = self._turns.run(
            [partial(self._perform, each, statements) for each in (0, 1)], choose
        )
        self._halfway.let_go()
        for connection in self._connections:
            connection.rollback()
        values = self._connections[-1].execute("SELECT value FROM test ORDER BY id").fetchall()
        assert self._rewind.back() == ""
        return interleaving, [value for (value,) in values]

    def _perform(self, worker: int, statements: Sequence[str]) -> None:
        with self._at_its_end():
            for statement in statements:
                self._execute(worker, statement.format(worker + 3, worker + 1))

    def _execute(self, worker: int, text: str) -> None:
        connection = self._connections[worker]
        do = partial(connection.execute, text)
        if self._halfway.before(worker, connection):
            with self._at_its_end():
                self._turns.call(connection, "statement", text, None, do)
        else:
            self._turns.call(connection, "statement", text, None, do)

    def _at_its_end(self) -> ExitStack:
        stack = ExitStack()
        stack.callback(self._let_go)
        return stack

    def _let_go(self) -> None:
        if self._halfway.let_go():
            self._turns.ask_again()


@pytest.fixture
def races(database: Database) -> Iterator[Races]:
    with ExitStack() as opened:
        yield Races(database, opened)


@pytest.mark.parametrize(
    ("statement", "racy", "tries"),
    [(NOT_EXISTS, [10, 20, 99, 99], 50), (ONE_MORE, [10, 20, 21, 21], 5), (COUNTED, [30, 30], 5)],
    ids=["not exists", "max and one more", "sum"],
)
def test_a_race_within_a_statement_is_reached(
    races: Races, statement: str, racy: list[int], tries: int
) -> None:
    for worker in [0, 1] * (tries // 2) + [0] * (tries % 2):
        interleaving, values = races.run([statement], serial((worker, 1 - worker)), (worker, 0))
        assert (interleaving.ending, values) == ("completed", racy)
    assert racy not in [races.run([statement], choose)[1] for choose in EveryOrder(2)]


def test_who_is_stopped_lets_the_others_come_to_their_end(races: Races) -> None:
    interleaving, _ = races.run([NOT_EXISTS], serial((0, 1)), (0, 0))

    assert [(step.worker, step.kind) for step in interleaving.steps] == [
        (0, "began"),
        (0, "statement"),
        (0, "blocked"),
        (1, "began"),
        (1, "statement"),
        (1, "returned"),
        (0, "woken"),
        (0, "returned"),
    ]


def test_who_needs_what_the_stopped_one_holds_is_released_with_it(races: Races) -> None:
    update = "UPDATE test SET value = value + 1 WHERE id = {}"
    both = ["BEGIN", update.format(1), update.format(2), "COMMIT"]

    interleaving, values = races.run(both, serial((0, 1)), (0, 2))

    assert (interleaving.ending, values) == ("stuck", [10, 20])
    assert races.run(both, serial((0, 1)))[1] == [12, 22]
