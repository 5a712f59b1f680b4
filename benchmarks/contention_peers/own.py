"""dryfit's controller on a database of its own: serial orders, then the search, the state put back after each run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice, permutations, product
from typing import Any

import psycopg
from sqlalchemy import create_engine

from contention_peers.mapped import mapped
from contention_peers.measured import Measured
from contention_peers.programs import Program
from dryfit.lab.halfway import Halfway, Stop
from dryfit.model.interleaving import Choose, Interleaving
from dryfit.model.outcome import Outcome, Raised
from dryfit.probes.schedule import Turns
from dryfit.probes.schedule.orders import follow, serial
from dryfit.probes.schedule.search import search
from dryfit.resources.postgres.database import Database
from dryfit.resources.postgres.waits import PostgresBackends

BUDGET = 5_000
REPLAYS = 10
STATEMENTS = 4
"""So many round trips of each operation are stopped half-way."""


class Controlled(psycopg.Connection[Any]):
    """A connection whose every round trip is a switch point, as the weave makes them."""

    turns: Turns
    halfway: Halfway

    def wait(self, *args: Any, **options: Any) -> Any:
        stops = self.halfway.before(self.turns.worker(), self)
        try:
            return self.turns.call(
                self, "statement", "", None, lambda: super(Controlled, self).wait(*args, **options)
            )
        finally:
            if stops:
                self.let_go()

    def let_go(self) -> None:
        """The operation is over, or the statement that was to stop did not: others may go on."""
        if self.halfway.let_go():
            self.turns.ask_again()


Told = tuple[tuple[str, ...], tuple[object, ...]]
"""What became of the operations, and of the data."""


class Exploration:
    """Two operations of one program, each on a connection that is used again and again."""

    def __init__(self, database: Database, opened: ExitStack, *, split: bool = False) -> None:
        self._database, self._opened = database, opened
        backends = PostgresBackends()
        opened.callback(backends.close)
        self._look = opened.enter_context(psycopg.connect(database.handle.url, autocommit=True))
        self._rewind = database.rewind()
        said = self._rewind.take()
        assert not said, said
        self._halfway = Halfway(backends)
        self._is_split = split
        if split:
            assert self._halfway.install([database])
            opened.callback(self._halfway.remove)
        self._turns = opened.enter_context(Turns(backends, limit=10, place=lambda frame: None))

    def connection(self) -> Controlled:
        """A connection of the program's."""
        connection = self._opened.enter_context(Controlled.connect(self._database.handle.url))
        connection.turns, connection.halfway = self._turns, self._halfway
        return connection

    def run(
        self, operations: Sequence[Callable[[], object]], counted: str, choose: Choose, stop: Stop = ()
    ) -> tuple[Interleaving, Told]:
        """One interleaving, with a statement stopped half-way or none, and what became of it."""
        self._halfway.begin(stop)
        interleaving, outcomes = self._turns.run(operations, choose)
        self._halfway.let_go()
        rows = self._look.execute(counted).fetchall()
        said = self._rewind.back()
        assert not said, said
        return interleaving, (tuple(map(_told, outcomes)), tuple(rows))

    def runs(
        self, operations: Sequence[Callable[[], object]], counted: str
    ) -> Iterator[tuple[Interleaving, Told]]:
        """One after the other, as the search wants them; first those with a statement stopped, where any is to be."""
        if self._is_split:
            for stop in product(range(len(operations)), range(STATEMENTS)):
                rest = [worker for worker in range(len(operations)) if worker != stop[0]]
                yield self.run(operations, counted, serial([stop[0], *rest]), stop)
        found = search(0, BUDGET)
        while found.begin():
            interleaving, told = self.run(operations, counted, found.choose)
            found.ended(interleaving)
            yield interleaving, told

    def measure(self, operations: Sequence[Callable[[], object]], counted: str, most: int) -> Measured:
        """The first run that is like no serial order, after these; then the rate of so many runs."""
        orders = [serial(order) for order in permutations(range(len(operations)))]
        known = [self.run(operations, counted, order)[1] for order in orders for _ in range(2)]
        began = time.perf_counter()
        first = next((each for each in self.runs(operations, counted) if each[1] not in known), None)
        report = time.perf_counter() - began if first is not None else None
        began = time.perf_counter()
        ran = sum(1 for _ in islice(self.runs(operations, counted), most))
        seconds = time.perf_counter() - began
        replayed = ""
        if first is not None:
            again = [
                self.run(operations, counted, follow(first[0].schedule))[1] == first[1]
                for _ in range(REPLAYS)
            ]
            replayed = f"{sum(again)}/{REPLAYS}"
        return Measured(report, ran, seconds, replayed)


def psycopg_runs(database: Database, program: Program, most: int, *, split: bool = False) -> Measured:
    """With psycopg 3 alone."""
    with ExitStack() as opened:
        exploration = Exploration(database, opened, split=split)
        operations = [_bound(each, exploration.connection()) for each in program.operations]
        return exploration.measure(operations, program.counted, most)


def mapped_runs(database: Database, program: Program, most: int) -> Measured:
    """With SQLAlchemy's ORM."""
    with ExitStack() as opened:
        exploration = Exploration(database, opened)
        engine = create_engine("postgresql+psycopg://", creator=exploration.connection)
        opened.callback(engine.dispose)
        return exploration.measure([mapped(engine)] * 2, program.counted, most)


def _bound(operation: Callable[[Any], None], connection: Controlled) -> Callable[[], None]:
    def run() -> None:
        try:
            operation(connection)
        except psycopg.Error:
            connection.rollback()
            raise
        finally:
            connection.let_go()

    return run


def _told(outcome: Outcome | None) -> str:
    return type(outcome.exception).__name__ if isinstance(outcome, Raised) else str(outcome is not None)
