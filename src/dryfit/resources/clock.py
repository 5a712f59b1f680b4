"""A clock that stands still, for the program under test and for databases that take part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Protocol

from dryfit.resources.moment import START
from dryfit.resources.programs import needs_library


class DatabaseClock(Protocol):
    """A database whose ``now()`` can be set; see ``database_clock``."""

    def freeze(self, moment: datetime) -> None:
        """Let its time stand at a moment."""

    def release(self) -> None:
        """Give it the real time back."""


class Clock:
    """The time of one test. It stands still until it is moved."""

    def __init__(
        self, move: Callable[[datetime], None], databases: Sequence[DatabaseClock], start: datetime
    ) -> None:
        self._move = move
        self._databases = databases
        self._moment = start
        self.move_to(start)

    @property
    def now(self) -> datetime:
        """The moment at which it stands, in UTC."""
        return self._moment

    def move_to(self, moment: datetime) -> None:
        """Stand at another moment; one without a time zone is taken as UTC."""
        self._moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        self._move(self._moment)
        for database in self._databases:
            database.freeze(self._moment)

    def shift(self, by: timedelta | float) -> None:
        """Go on, or back, by a span or by seconds."""
        self.move_to(self._moment + (by if isinstance(by, timedelta) else timedelta(seconds=by)))


@contextmanager
def frozen_clock(*, start: datetime = START, databases: Sequence[DatabaseClock] = ()) -> Iterator[Clock]:
    """Let time stand still from a moment on: Wednesday, 19 March 2025, 14:30 UTC, where none is given.

    time-machine does it for Python: ``datetime.now``, ``date.today``, ``time.time`` and what is built on them, however
    they were imported, in all threads of this process. ``time.monotonic``, timeouts and ``asyncio`` go on as ever.
    """
    with needs_library("clock", "data"):
        import time_machine
    try:
        with time_machine.travel(start, tick=False) as traveller:
            yield Clock(traveller.move_to, databases, start)
    finally:
        for database in databases:
            database.release()
