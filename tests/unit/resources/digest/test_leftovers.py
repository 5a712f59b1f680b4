"""What tests leave is told once somebody can see it; what is meant to be there, or is cleaned in time, is not."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import contextmanager

import pytest

from dryfit.model.digest import Column, Contents, Digest
from dryfit.model.target import Target
from dryfit.model.trace import Observations
from dryfit.resources.digest import leftovers, rereading
from dryfit.resources.digest.leftovers import Leftovers

SHOP = Target("postgres", "shop", "host=a")
NOTHING = Observations()

Step = Callable[["World"], None]


class World:
    """A database with tables of numbered rows, and the sessions that are idle in their transactions."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, str]] = {"orders": {}}
        self.broken = ""
        self.reads = 0
        self.watch = Leftovers(read=self.read)
        self.told: list[tuple[str, ...]] = []

    def read(self, target: Target) -> Digest:
        self.reads += 1
        if self.broken:
            return Digest(skipped=(((str(target), ""), self.broken),))
        columns = (Column("id", key=True, generated=True), Column("text"))
        contents = [
            Contents(str(target), place, columns, tuple(sorted(rows.items())))
            for place, rows in self.tables.items()
        ]
        return Digest(tuple(contents), taken=1.0)

    def put(self, number: int, text: str = "", table: str = "orders") -> None:
        self.watch.used(SHOP)
        self.tables.setdefault(table, {})[str(number)] = text

    def clear(self) -> None:
        self.watch.used(SHOP)
        self.tables = {"orders": {}}

    def look(self) -> None:
        self.watch.used(SHOP)

    def test(
        self,
        name: str,
        body: Step = look,
        set_up: Step | None = None,
        tear_down: Step | None = None,
        shared: Step | None = None,
        shared_tear_down: Step | None = None,
    ) -> None:
        """Run a test as a session does."""
        self.watch.begin_test()
        if shared:
            shared(self)
            self.watch.shared_set_up()
        if set_up:
            set_up(self)
        self.watch.begin_call()
        body(self)
        if tear_down:
            tear_down(self)
        if shared_tear_down:
            shared_tear_down(self)
            self.watch.shared_ended()
        for left in self.watch.end_test(name, NOTHING):
            self.told.append((left.test, left.seen_by, left.place, f"{left.count} {left.change}", left.phase))


def put(number: int, text: str = "", table: str = "orders") -> Step:
    return lambda world: world.put(number, text, table)


def several(*steps: Step) -> Step:
    def act(world: World) -> None:
        for step in steps:
            step(world)

    return act


@pytest.fixture
def world() -> World:
    return World()


def test_a_row_is_told_with_who_left_it_and_who_could_see_it(world):
    world.test("one", shared=World.look)
    world.test("two", put(1))
    world.test("three")
    world.test("four")
    assert world.told == [("two", "three", "orders", "1 rows added", "test")]


def test_only_who_works_with_the_database_can_see_it(world):
    world.test("one", shared=World.look, body=put(1))
    world.test("two", body=lambda _: None)
    world.test("three")
    assert world.told == [("one", "three", "orders", "1 rows added", "test")]


def test_the_first_to_connect_leaves_its_rows_too(world):
    world.test("one", put(1))
    world.test("two")
    assert world.told == [("one", "two", "orders", "1 rows added", "test")]


@pytest.mark.parametrize("when", ["tear_down", "set_up"])
def test_what_is_cleaned_before_anybody_sees_it_is_none(world, when):
    for number in range(3):
        world.test(str(number), put(number), **{when: World.clear})
    assert world.told == []


def test_what_every_set_up_makes_anew_is_none(world):
    sample = several(World.clear, put(1, "sample"), put(2, "sample", "products"))
    for number in range(3):
        world.test(str(number), put(10 + number), set_up=sample)
    assert world.told == []


def test_what_a_set_up_piles_up_is_one(world):
    for number in range(3):
        world.test(str(number), set_up=put(number, "a user"))
    assert [told[:2] + told[4:] for told in world.told] == [
        ("0", "1", "set-up"),
        ("1", "2", "set-up"),
    ]


def test_what_a_set_up_makes_once_is_none(world):
    """A migration, or data that are made where they are missing."""
    once = several(put(1, "EUR", "currencies"), put(1, "1", "alembic_version"))
    for number in range(3):
        world.test(str(number), set_up=once)
    assert world.told == []


def test_data_of_shared_fixtures_are_none(world):
    world.test("one", shared=put(1, "for all"))
    world.test("two")
    world.test("three", shared=put(2, "for the rest"))
    world.test("four", shared_tear_down=World.clear)
    world.test("five")
    assert world.told == []


def test_changing_and_removing_data_of_all_is_told(world):
    world.test("one", shared=several(put(1, "for all"), put(2, "for all")))
    world.test("two", body=put(1, "changed"))
    world.test("three", body=lambda world: (world.look(), world.tables["orders"].pop("2")))
    world.test("four")
    assert world.told == [
        ("two", "three", "orders", "1 rows changed", "test"),
        ("three", "four", "orders", "1 rows removed", "test"),
    ]


def test_rows_of_earlier_runs_may_be_cleaned_away(world):
    world.tables["orders"] = {"1": "of another run"}
    world.test("one", tear_down=World.clear)
    world.test("two")
    assert world.told == []


def test_a_table_that_a_test_makes_is_told_as_new(world):
    world.tables = {}
    world.test("one", put(1))
    world.watch.begin_test()
    world.look()
    world.watch.begin_call()
    (left,) = world.watch.end_test("two", NOTHING)
    assert left.new_place


def test_what_comes_after_the_teardown_is_late(world):
    with thread():
        world.test("one", shared=World.look)
        world.put(1)
        world.test("two")
    assert world.told == [("one", "two", "orders", "1 rows added", "late")]


@contextmanager
def thread():
    """A thread that is there."""
    ended = threading.Event()
    running = threading.Thread(target=ended.wait)
    running.start()
    yield
    ended.set()
    running.join()


def test_an_open_transaction_is_told_as_one(world):
    world.test("one", shared=World.look)
    world.test("two", put(77, "SELECT 1", leftovers.TRANSACTIONS))
    world.test("three")
    assert world.told == [("two", "three", "open transactions", "1 transactions open", "test")]


def test_nothing_is_read_where_nothing_is_used(world):
    world.test("one", shared=World.look)
    reads = world.reads
    for number in range(5):
        world.test(str(number), body=lambda _: None)
    assert world.reads == reads


def test_a_database_that_has_gone_is_forgotten(world):
    world.test("one", put(1))
    world.test("two", tear_down=lambda world: setattr(world, "broken", "there is no such database"))
    world.test("three", body=lambda _: None)
    assert (world.told, world.watch.skipped) == ([], set())


def test_a_database_that_cannot_be_read_is_named_once(world):
    world.broken = "permission denied"
    world.test("one")
    world.test("two")
    (skipped,) = world.watch.skipped
    assert (skipped.what, skipped.reason) == ("DF106 postgres shop", "permission denied")
    assert world.reads == 1


def test_a_database_that_takes_long_is_read_once(world, monkeypatch):
    monkeypatch.setattr(rereading, "SLOW", -1.0)
    world.test("one", put(1))
    world.test("two")
    (skipped,) = world.watch.skipped
    assert skipped.reason == "reading it takes too long"
    assert (world.told, world.reads) == ([], 1)


def test_dryfits_own_databases_are_left_to_it(world):
    world.watch.used(Target("postgres", "dryfit_1", "host=a"))
    assert world.reads == 0


def test_many_databases_are_not_all_remembered(world):
    for number in range(100):
        world.watch.used(Target("postgres", f"test{number}", "host=a"))
    world.watch.begin_test()
    assert len(world.watch._watched) == leftovers.MOST_TARGETS


def test_keys_that_expire_are_none():
    columns = (Column("key", key=True), Column("value"), Column("expires"))
    rows = {"before": (), "after": (('"cached"', "1", "true"), ('"kept"', "1", "false"))}
    now = ["before"]
    target = Target("redis", "db 0", "redis://a")
    watch = Leftovers(read=lambda _: Digest((Contents("redis", "keys", columns, rows[now[0]]),), taken=1.0))
    told = []
    for name in ("one", "two"):
        watch.begin_test()
        watch.begin_call()
        watch.used(target)
        now[0] = "after"
        watch.used(target)
        told += watch.end_test(name, NOTHING)
    assert [(left.sample, left.test) for left in told] == [(('key="kept", value=1, expires=false',), "one")]


def test_a_file_that_was_just_written_is_read_again_where_this_process_has_written(tmp_path, monkeypatch):
    file, written, now = tmp_path / "shop.db", [1], [1_000_000_001]
    file.touch()
    os.utime(file, ns=(1_000_000_000, 1_000_000_000))
    monkeypatch.setattr(rereading.time, "time_ns", lambda: now[0])
    target, reads = Target("sqlite", "shop.db", str(file)), []

    def read(target):
        reads.append(now[0])
        return Digest(taken=1.0)

    watch = Leftovers(read=read, written=lambda _: written[0])
    watch.used(target)
    watch.begin_call()
    watch.begin_call()
    assert len(reads) == 2  # the first one was before the first use
    written[0] += 1
    watch.begin_call()
    assert len(reads) == 3
    now[0] += rereading._CLOCK_STEP
    watch.begin_call()  # another process may have written within the same tick of the clock
    watch.begin_call()
    assert len(reads) == 4
