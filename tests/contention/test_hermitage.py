"""What PostgreSQL allows at an isolation level is reached by the controller, and what it prevents never is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import permutations

import psycopg
import pytest
from tests.contention.hermitage import ANOMALIES, LEVELS, Anomaly, Level, Seen
from tests.contention.orders import EveryOrder

from dryfit.model.interleaving import Choice, Interleaving
from dryfit.model.outcome import Returned
from dryfit.probes.schedule import Turns
from dryfit.resources.postgres.database import Database
from dryfit.resources.postgres.rewind import PostgresRewind
from dryfit.resources.postgres.waits import PostgresBackends

REFUSED = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)


class Conformance:
    """Runs the transactions of one anomaly in every order, each on a connection of its own."""

    def __init__(
        self, connections: Sequence[psycopg.Connection], turns: Turns, rewind: PostgresRewind
    ) -> None:
        self._connections, self._turns, self._rewind = connections, turns, rewind

    def explore(self, anomaly: Anomaly) -> Iterator[tuple[Interleaving, Seen]]:
        for choose in EveryOrder(len(anomaly.transactions)):
            yield self.run(anomaly, choose)

    def run(self, anomaly: Anomaly, choose: Callable[[Choice], int]) -> tuple[Interleaving, Seen]:
        operations = [
            self._operation(connection, statements)
            for connection, statements in zip(self._connections, anomaly.transactions, strict=False)
        ]
        interleaving, outcomes = self._turns.run(operations, choose)
        assert all(isinstance(outcome, Returned) for outcome in outcomes), interleaving
        final = dict(self._connections[-1].execute("SELECT id, value FROM test").fetchall())
        self._connections[-1].rollback()
        assert self._rewind.back() == ""
        return interleaving, Seen(tuple(outcome.value for outcome in outcomes), final)

    def _operation(self, connection: psycopg.Connection, statements: Sequence[str]) -> Callable[[], object]:
        def operation() -> tuple[object, ...] | None:
            gave: list[object] = []
            try:
                for statement in statements:
                    first = gave[0][0][-1] if gave and isinstance(gave[0], tuple) and gave[0] else ""
                    gave.append(self._run(connection, statement.format(first)))
                connection.commit()
            except REFUSED:
                connection.rollback()
                return None
            return tuple(gave)

        return operation

    def _run(self, connection: psycopg.Connection, statement: str) -> object:
        def run() -> object:
            cursor = connection.execute(statement)
            return tuple(cursor.fetchall()) if cursor.description else cursor.rowcount

        kind = {"COMMIT": "commit", "ROLLBACK": "rollback"}.get(statement, "statement")
        return self._turns.call(connection, kind, statement, None, run)


@pytest.fixture(params=LEVELS, scope="module")
def level(request: pytest.FixtureRequest) -> Level:
    return request.param


@pytest.fixture(scope="module")
def conformance(database: Database, level: Level) -> Iterator[Conformance]:
    with ExitStack() as opened:
        backends = PostgresBackends()
        opened.callback(backends.close)
        connections = [opened.enter_context(psycopg.connect(database.handle.url)) for _ in range(4)]
        for connection in connections:
            connection.isolation_level = psycopg.IsolationLevel[level.replace(" ", "_")]
        rewind = database.rewind()
        assert rewind.take() == ""
        turns = opened.enter_context(Turns(backends, limit=10, place=lambda frame: None))
        yield Conformance(connections, turns, rewind)


@pytest.mark.parametrize("anomaly", ANOMALIES, ids=lambda anomaly: anomaly.name.partition(":")[0])
def test_an_anomaly_is_reached_where_the_level_allows_it(
    conformance: Conformance, anomaly: Anomaly, level: Level
) -> None:
    found = list(conformance.explore(anomaly))
    assert {interleaving.ending for interleaving, _ in found} == {"completed"}
    assert len({interleaving.schedule for interleaving, _ in found}) == len(found)
    shown = Counter(not seen.is_refused and anomaly.shows(seen) for _, seen in found)
    assert shown[False] >= 2, "the serial orders"
    assert (shown[True] == 0) is anomaly.is_prevented(level)


@pytest.mark.parametrize("anomaly", ANOMALIES, ids=lambda anomaly: anomaly.name.partition(":")[0])
def test_serial_orders_show_none(conformance: Conformance, anomaly: Anomaly) -> None:
    for order in permutations(range(len(anomaly.transactions))):
        _, seen = conformance.run(anomaly, serial(order))
        assert not seen.is_refused
        assert not anomaly.shows(seen)


def serial(order: Sequence[int]) -> Callable[[Choice], int]:
    """One operation after the other."""
    return lambda choice: next(worker for worker in order if worker in choice.enabled)
