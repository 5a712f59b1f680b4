"""Lines that change what others may see in memory."""

from __future__ import annotations

import itertools
import os
import sys
from collections import deque
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from dryfit.probes.schedule.changes import Changes

SEEN: dict[str, int] = {}
LAST: object = None


def seen() -> dict[str, int]:
    return SEEN


class Mapped:
    """As an object that stands for a row of a database."""

    def __init__(self) -> None:
        self._sa_instance_state = None
        self.cents = 0


class Session:
    """As what a library has: its methods are none of a container's."""

    def add(self, what: object) -> None:
        pass

    def execute(self, statement: str) -> list[int]:
        return [1, 2]


class Shop:
    def __init__(self) -> None:
        self.cache: dict[str, int] = {}
        self.queue: deque[int] = deque()
        self.numbers = itertools.count()
        self.session = Session()
        self.wallet = Mapped()
        self.hits = 0

    def counts(self) -> None:
        self.hits += 1

    def caches(self) -> None:
        self.cache["a"] = 1

    def caches_by_another_name(self) -> None:
        cache = self.cache
        cache["a"] = 1

    def forgets(self) -> None:
        self.cache.pop("a", None)

    def queues(self) -> None:
        self.queue.appendleft(1)

    def numbers_it(self) -> int:
        return next(self.numbers)

    def sets(self) -> None:
        setattr(self, "hits", 1)  # noqa: B010 - what is looked for

    def publishes(self) -> None:
        global LAST
        LAST = self

    def notes(self) -> None:
        SEEN["a"] = 1

    def notes_in_what_it_is_given(self) -> None:
        seen()["a"] = 1

    def counts_within(self) -> None:
        count = 0

        def add() -> None:
            nonlocal count
            count += 1

        add()

    def fills(self, rows: list[int]) -> None:
        rows.append(1)

    def asks(self) -> str:
        rows = self.session.execute("SELECT 1")
        return f"{rows[0]} {self.cache.get('a')} {os.environ.get('HOME')}"

    def collects(self) -> list[int]:
        rows: list[int] = []
        found = {}
        for row in self.session.execute("SELECT 1"):
            rows.append(row)
            found[row] = row
        return [rows[0], *found]

    def adds(self) -> None:
        wallet = self.wallet
        wallet.cents = wallet.cents + 1
        self.session.add(wallet)

    def makes(self) -> Mapped:
        return Made(3)


class Made(Mapped):
    def __init__(self, size: int) -> None:
        self.size = size


def changes(function: Callable[..., object], *arguments: object) -> bool:
    """Whether a line of the function, or of what it calls in this file, changes something."""
    looking = Changes()

    def traced(frame: FrameType, event: str, value: object) -> Any:
        if frame.f_code.co_filename != __file__:
            return None
        if event == "line":
            looking.reached(frame, frame.f_lineno)
        return traced

    before = sys.gettrace()
    sys.settrace(traced)
    try:
        function(*arguments)
    finally:
        sys.settrace(before)
    return looking.seen


@pytest.mark.parametrize(
    "way",
    [
        Shop.counts, Shop.caches, Shop.caches_by_another_name, Shop.forgets, Shop.queues, Shop.numbers_it, Shop.sets,
        Shop.publishes, Shop.notes, Shop.notes_in_what_it_is_given, Shop.counts_within,
    ],
)  # fmt: skip
def test_what_others_may_see_counts(way: Callable[[Shop], object]) -> None:
    assert changes(way, Shop())


def test_what_a_function_was_given_may_be_known_to_others() -> None:
    assert changes(Shop().fills, [])


@pytest.mark.parametrize("way", [Shop.asks, Shop.collects, Shop.adds, Shop.makes])
def test_what_only_the_function_knows_does_not_count(way: Callable[[Shop], object]) -> None:
    assert not changes(way, Shop())
