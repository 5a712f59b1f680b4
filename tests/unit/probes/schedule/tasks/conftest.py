"""A server whose locks a test can see, and a stage on which tasks take turns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType

import pytest

from dryfit.model.interleaving import Backend, Choose, Interleaving
from dryfit.model.outcome import Outcome, Returned
from dryfit.model.seam import Place
from dryfit.probes.schedule.orders import follow, serial
from dryfit.probes.schedule.search import search
from dryfit.probes.schedule.tasks import Tasks


class StatementEndedError(Exception):
    """The server ended the statement."""


class Rows:
    """Rows that connections lock until they commit; a connection is a number, as is the process that serves it."""

    def __init__(self) -> None:
        self.holders: dict[str, int] = {}
        self.waits: dict[int, tuple[str, asyncio.Future[None]]] = {}
        self.cancelled: list[int] = []
        self.is_gone = False

    def backend(self, connection: object) -> Backend | None:
        return Backend("fake", connection) if isinstance(connection, int) else None

    def blockers(self, backends: Sequence[Backend]) -> Mapping[Backend, tuple[Backend, ...]]:
        if self.is_gone:
            raise ConnectionError("the server is gone")
        return {
            each: (Backend("fake", self.holders[self.waits[each.number][0]]),)
            for each in backends
            if each.number in self.waits
        }

    def cancel(self, backend: Backend) -> None:
        self.cancelled.append(backend.number)
        self.waits.pop(backend.number)[1].set_exception(StatementEndedError())

    async def lock(self, connection: int, row: str) -> None:
        if self.holders.setdefault(row, connection) != connection:
            waiting = asyncio.get_running_loop().create_future()
            self.waits[connection] = (row, waiting)
            try:
                await waiting
            finally:
                self.waits.pop(connection, None)

    async def commit(self, connection: int) -> None:
        await asyncio.sleep(0)
        for row in [row for row, holder in self.holders.items() if holder == connection]:
            del self.holders[row]
            for waiter, (wanted, waiting) in list(self.waits.items()):
                if wanted == row:
                    self.holders[row] = waiter
                    del self.waits[waiter]
                    waiting.set_result(None)
                    break


class Stage:
    """Runs tasks in turns, and remembers the interleavings."""

    def __init__(self, limit: float) -> None:
        self.rows = Rows()
        self.tasks = Tasks(self.rows, limit=limit, place=self._place)

    @staticmethod
    def _place(frame: FrameType) -> Place | None:
        code = frame.f_code
        return Place(code.co_filename, frame.f_lineno) if code.co_filename.endswith("test_tasks.py") else None

    def run(
        self, operations: Sequence[Callable[[], object]], choose: Choose | Sequence[int]
    ) -> tuple[Interleaving, tuple[Outcome | None, ...]]:
        chooser = choose if callable(choose) else follow(choose)
        return asyncio.run(self.tasks.run(operations, chooser))  # type: ignore[arg-type]

    def serially(self, *operations: Callable[[], object]) -> tuple[Interleaving, tuple[Outcome | None, ...]]:
        return self.run(operations, serial(range(len(operations))))

    def explore(
        self, operations: Sequence[Callable[[], object]], prepare: Callable[[], object], runs: int = 2000
    ) -> list[tuple[Interleaving, tuple[Outcome | None, ...]]]:
        """All runs of a search, in one event loop."""

        async def all_of_them() -> list[tuple[Interleaving, tuple[Outcome | None, ...]]]:
            searching, made = search(1, runs), []
            while searching.begin():
                prepare()
                made.append(await self.tasks.run(operations, searching.choose))  # type: ignore[arg-type]
                searching.ended(made[-1][0])
            assert searching.exhausted, searching.diverged
            return made

        return asyncio.run(all_of_them())

    async def lock(self, connection: int, row: str) -> None:
        await self.tasks.call(
            connection, "statement", f"lock {row}", None, lambda: self.rows.lock(connection, row)
        )

    async def commit(self, connection: int) -> None:
        await self.tasks.call(connection, "commit", "commit", None, lambda: self.rows.commit(connection))


@pytest.fixture
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Turns with a limit of ten seconds, or of as many as the marker's parameter says."""
    made = Stage(getattr(request, "param", 10.0))
    yield made
    made.tasks.close()


@pytest.fixture
def values() -> Callable[[Sequence[Outcome | None]], list[object]]:
    """What operations returned, or the type of what they raised."""

    def told(outcomes: Sequence[Outcome | None]) -> list[object]:
        return [
            None if each is None else each.value if isinstance(each, Returned) else type(each.exception)
            for each in outcomes
        ]

    return told
