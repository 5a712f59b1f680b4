"""A server whose locks a test can see, and ways to choose."""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType

import pytest

from dryfit.model.interleaving import Backend, Choice, Interleaving
from dryfit.model.outcome import Outcome, Returned
from dryfit.model.seam import Place
from dryfit.probes.schedule import Turns
from dryfit.probes.schedule.lane import ACQUIRE, RELEASE

Run = tuple[Interleaving, tuple[Outcome | None, ...]]


class CancelledError(Exception):
    """The server ended the statement."""


class Server:
    """Rows that connections lock until they commit. A connection is a number, as is the process that serves it."""

    def __init__(self) -> None:
        self.holders: dict[str, int] = {}
        self.waits: dict[int, str] = {}
        self.cancelled: list[int] = []
        self._doors: dict[int, object] = {}
        self._refused: set[int] = set()

    def backend(self, connection: object) -> Backend | None:
        return Backend("fake", connection) if isinstance(connection, int) else None

    def blockers(self, backends: Sequence[Backend]) -> Mapping[Backend, tuple[Backend, ...]]:
        return {
            each: (Backend("fake", self.holders[self.waits[each.number]]),)
            for each in backends
            if each.number in self.waits
        }

    def cancel(self, backend: Backend) -> None:
        self.cancelled.append(backend.number)
        if self.waits.pop(backend.number, None):
            self._refused.add(backend.number)
            RELEASE(self._doors[backend.number])

    def lock(self, connection: int, row: str) -> str:
        holder = self.holders.setdefault(row, connection)
        if holder != connection:
            door = self._doors[connection] = allocate_lock()
            ACQUIRE(door)
            self.waits[connection] = row
            ACQUIRE(door)
            if connection in self._refused:
                self._refused.remove(connection)
                raise CancelledError
        return row

    def commit(self, connection: int) -> None:
        for row in [row for row, holder in self.holders.items() if holder == connection]:
            del self.holders[row]
            waiting = [each for each, wanted in self.waits.items() if wanted == row]
            for each in waiting[:1]:
                self.holders[row] = each
                del self.waits[each]
            for each in waiting[:1]:
                RELEASE(self._doors[each])


@pytest.fixture
def server() -> Server:
    return Server()


def place(frame: FrameType) -> Place | None:
    """The code of the tests is the components' code here."""
    if frame.f_code.co_filename.startswith(__file__.rpartition("/")[0]):
        return Place("tests.py", frame.f_lineno, frame.f_code.co_name)
    return None


@pytest.fixture
def turns(server: Server) -> Iterator[Turns]:
    with Turns(server, limit=5.0, place=place) as turns:
        yield turns


@pytest.fixture
def told(server: Server) -> Iterator[Turns]:
    """As with calls that tell what they touch."""
    with Turns(server, limit=5.0, place=place, are_told=True) as turns:
        yield turns


class Along:
    """Chooses along a schedule, and after its end the lowest number that can go on."""

    def __init__(self, schedule: Sequence[int] = ()) -> None:
        self._left = list(schedule)

    def __call__(self, choice: Choice) -> int:
        while self._left:
            chosen = self._left.pop(0)
            if chosen in choice.enabled:
                return chosen
        return choice.running if choice.running in choice.enabled else choice.enabled[0]


class Every:
    """All interleavings, the first choice that has an alternative changed last."""

    def __init__(self) -> None:
        self._path: list[tuple[int, tuple[int, ...]]] = []

    def choose(self, choice: Choice) -> int:
        if self._at == len(self._path):
            self._path.append((0, choice.enabled))
        taken, enabled = self._path[self._at]
        assert enabled == choice.enabled
        self._at += 1
        return enabled[taken]

    def __iter__(self) -> Iterator[Callable[[Choice], int]]:
        while True:
            self._at = 0
            yield self.choose
            while self._path and self._path[-1][0] + 1 == len(self._path[-1][1]):
                self._path.pop()
            if not self._path:
                return
            taken, enabled = self._path.pop()
            self._path.append((taken + 1, enabled))


Explore = Callable[..., list[Run]]


@pytest.fixture
def explore(turns: Turns) -> Explore:
    """Every interleaving of the operations that a callable makes anew each time."""

    def explored(make: Callable[[], Sequence[Callable[[], object]]]) -> list[Run]:
        return [turns.run(make(), choose) for choose in Every()]

    return explored


@pytest.fixture
def along() -> type[Along]:
    return Along


@pytest.fixture
def values() -> Callable[[Run], tuple[object, ...]]:
    """What the operations returned; the exception of those that raised."""

    def of(run: Run) -> tuple[object, ...]:
        return tuple(each.value if isinstance(each, Returned) else each and each.exception for each in run[1])

    return of


@pytest.fixture
def lanes() -> Callable[[Run], list[str]]:
    """The steps of a run, each in one short line."""

    def of(run: Run) -> list[str]:
        return [
            " ".join((str(step.worker), step.kind, step.what, *(f"by {each}" for each in step.by))).strip()
            for step in run[0].steps
        ]

    return of
