"""A clock that stands still until it is moved."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from time import time as imported_by_name

import pytest

from dryfit.resources.clock import START, frozen_clock


@dataclass
class Written:
    """A database that notes what it is told."""

    seen: list[datetime | None] = field(default_factory=list)

    def freeze(self, moment: datetime) -> None:
        self.seen.append(moment)

    def release(self) -> None:
        self.seen.append(None)


def test_time_stands_still_from_the_same_moment_on() -> None:
    with frozen_clock() as clock:
        assert datetime.now(UTC) == datetime.now(UTC) == clock.now == START
        assert date.today() == START.date()
        assert imported_by_name() == START.timestamp()


def test_it_is_moved_by_hand() -> None:
    with frozen_clock() as clock:
        clock.shift(timedelta(days=1))
        clock.shift(90)
        assert datetime.now(UTC) == START + timedelta(days=1, seconds=90)
        clock.move_to(datetime(2030, 1, 2))
        assert datetime.now(UTC) == clock.now == datetime(2030, 1, 2, tzinfo=UTC)


def test_it_starts_where_it_is_told_to() -> None:
    start = datetime(2031, 5, 6, tzinfo=UTC)
    with frozen_clock(start=start):
        assert datetime.now(UTC) == start


def test_databases_go_along_and_are_released_in_the_end() -> None:
    database = Written()
    with pytest.raises(ZeroDivisionError), frozen_clock(databases=[database]) as clock:
        clock.shift(60)
        raise ZeroDivisionError
    assert database.seen == [START, START + timedelta(minutes=1), None]


def test_timeouts_and_loops_go_on() -> None:
    async def waited() -> bool:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 0.01)
        return True

    with frozen_clock():
        before = time.monotonic()
        assert asyncio.run(waited())
        assert time.monotonic() > before


def test_afterwards_the_time_is_real() -> None:
    with frozen_clock():
        pass
    assert datetime.now(UTC) > START + timedelta(days=1)
