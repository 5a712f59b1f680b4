"""Races within one statement are reached by the controller, and by no switch between statements."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing

import psycopg
import pytest
from tests.contention.orders import EveryOrder

from dryfit.model.interleaving import Interleaving
from dryfit.model.outcome import Returned
from dryfit.probes.schedule import Turns
from dryfit.resources.postgres.database import Database
from dryfit.resources.postgres.waits import PostgresBackends

NOT_EXISTS = "INSERT INTO test SELECT {0}, 99 WHERE NOT EXISTS (SELECT FROM test WHERE value = 99)"
ONE_MORE = "INSERT INTO test SELECT {0}, max(value) + 1 FROM test"
COUNTED = "UPDATE test SET value = (SELECT sum(value) FROM test) WHERE id = {1}"


class Races:
    """Two operations of one statement each, on connections of their own that commit by themselves."""

    def __init__(self, database: Database, opened: ExitStack) -> None:
        self.backends = PostgresBackends()
        opened.callback(self.backends.close)
        self.connections = [
            opened.enter_context(psycopg.connect(database.handle.url, autocommit=True)) for _ in range(3)
        ]
        self.rewind = database.rewind()
        assert self.rewind.take() == ""
        server = self.backends.backend(self.connections[0]).server
        self.split = opened.enter_context(closing(database.split(server)))
        assert self.split.install() == ""
        opened.callback(self.split.remove)

    def explore(self, *statements: str, split: bool) -> Iterator[tuple[Interleaving, list[int]]]:
        """Every order, and the values at the end of it."""
        stops = self.split if split else None
        with Turns(self.backends, limit=10, place=lambda frame: None, stops=stops) as turns:
            operations = [self._operation(turns, worker, statements) for worker in range(2)]
            for choose in EveryOrder(2):
                interleaving, outcomes = turns.run(operations, choose)
                assert all(isinstance(outcome, Returned) for outcome in outcomes), interleaving
                values = self.connections[-1].execute("SELECT value FROM test ORDER BY id").fetchall()
                yield interleaving, [value for (value,) in values]
                assert self.rewind.back() == ""

    def _operation(self, turns: Turns, worker: int, statements: Sequence[str]) -> Callable[[], object]:
        connection = self.connections[worker]

        def operation() -> None:
            for statement in statements:
                text = statement.format(worker + 3, worker + 1)
                turns.call(connection, "statement", text, None, lambda text=text: connection.execute(text))

        return operation


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
    for _ in range(tries):
        assert racy in [values for _, values in races.explore(statement, split=True)]
    assert racy not in [values for _, values in races.explore(statement, split=False)]


def test_the_second_half_is_a_step_of_its_own(races: Races) -> None:
    found = [interleaving for interleaving, _ in races.explore(NOT_EXISTS, split=True)]
    assert len({interleaving.schedule for interleaving in found}) == len(found) == 6
    text = NOT_EXISTS.format(3)
    assert [(step.worker, step.kind, step.what) for step in found[0].steps] == [
        (0, "began", ""),
        (1, "began", ""),
        (0, "statement", text),
        (0, "statement", f"second half of {text}"),
        (0, "returned", ""),
        (1, "statement", NOT_EXISTS.format(4)),
        (1, "statement", f"second half of {NOT_EXISTS.format(4)}"),
        (1, "returned", ""),
    ]


def test_the_second_half_can_be_blocked(races: Races) -> None:
    found = list(races.explore("BEGIN", "UPDATE test SET value = value + 1", "COMMIT", split=True))
    assert all(values == [12, 22] for _, values in found)
    blocked = [
        step.what for interleaving, _ in found for step in interleaving.steps if step.kind == "blocked"
    ]
    assert set(blocked) == {"UPDATE test SET value = value + 1"}
    assert {interleaving.ending for interleaving, _ in found} == {"completed"}


def test_an_interleaving_that_ends_early_leaves_nobody_half_way(races: Races) -> None:
    with Turns(races.backends, limit=10, place=lambda frame: None, stops=races.split) as turns:
        operation = races._operation(turns, 0, [ONE_MORE])
        choices = iter([0, 0])
        with pytest.raises(StopIteration):
            turns.run([operation], lambda choice: next(choices))
        assert races.backends.blockers([races.backends.backend(races.connections[0])]) == {}
        interleaving, (outcome,) = turns.run([operation], lambda choice: 0)
        assert (interleaving.ending, type(outcome)) == ("completed", Returned)
        assert [step.what for step in interleaving.steps][2].startswith("second half")
    assert races.rewind.back() == ""
