"""Which operations of a test are run at once: those that it starts itself, that write, and come to their end."""

from __future__ import annotations

from dataclasses import replace

from dryfit.checks.overlaps import FIRST, LATER, MOST_TESTS, OverlapPlanner
from dryfit.model.digest import Column, Contents, Digest
from dryfit.model.seam import DRIVER, Place, Seam
from dryfit.model.trial import Boundary, Crossed, Effected, Point, Trial

TEST = "test_till.py::test_sell"


def entry(index: int, name: str, outcome: str = "returned", **more: object) -> Crossed:
    point = Point(Seam(DRIVER, "till", name), Place("test_till.py", index + 1, "test_sell"))
    return Crossed(index, -1, point, "call", outcome, "", **more)  # type: ignore[arg-type]  # as the tests say


def write(index: int, parent: int, function: str = "sell") -> Crossed:
    point = Point(Seam("till", "psycopg", "psycopg.Cursor.execute"), Place("till.py", 9, function))
    return Crossed(index, parent, point, "write", "returned", "")


def trial(*crossings: Crossed, test: str = TEST) -> Trial:
    effects = tuple(
        Effected(each.index, "postgres", "UPDATE stock", str(each.index))
        for each in crossings
        if each.effect == "write"
    )
    return Trial(test, None, "passed", 0.1, crossings=crossings, effects=effects)


def planned(*crossings: Crossed) -> list[tuple[tuple[str, int], ...]]:
    overlaps = OverlapPlanner().plan(trial(*crossings))
    return [tuple((each.name, each.nth) for each in overlap.operations) for overlap in overlaps]


def test_an_operation_that_writes_runs_twice_at_once():
    assert planned(entry(0, "till.sell"), write(1, 0)) == [(("till.sell", 0), ("till.sell", 0))]


def test_an_operation_that_only_reads_does_not():
    assert planned(entry(0, "till.count")) == []


def test_where_fixtures_take_all_back_what_is_undone_counts_as_written():
    two = trial(entry(0, "till.sell"), write(1, 0), entry(2, "till.close"), write(3, 2, "close"))
    sold, closed = two.effects
    undone = replace(sold, fate="undone")

    def operations(*effects: Effected) -> list[str]:
        overlaps = OverlapPlanner().plan(replace(two, effects=effects))
        return [each.operations[0].name for each in overlaps if len(set(each.operations)) == 1]

    assert operations(undone, closed) == ["till.close"]
    assert operations(undone, replace(closed, fate="open")) == ["till.sell", "till.close"]


def test_what_makes_an_object_or_prepares_the_test_or_fails_does_not():
    assert planned(entry(0, "till.Till.__init__"), write(1, 0)) == []
    assert planned(entry(0, "till.sell", prepares=True), write(1, 0)) == []
    assert planned(entry(0, "till.sell", "raised"), write(1, 0)) == []


def test_half_of_a_block_and_the_end_of_an_object_are_no_operations():
    assert planned(entry(0, "till.Till.__enter__"), write(1, 0)) == []
    assert planned(entry(0, "till.Till.__exit__"), write(1, 0)) == []
    assert planned(entry(0, "till.Till.__del__"), write(1, 0)) == []


def test_a_generator_is_no_operation_but_a_request_that_needs_one_is():
    """A lifespan goes on while the test does; a dependency that commits is a part of the request."""
    assert planned(entry(0, "till.lifespan", is_generator=True), write(1, 0)) == []
    assert planned(entry(0, "till.session", is_generator=True, request=0), write(1, 0)) == [
        (("till.session", 0), ("till.session", 0))
    ]


def test_an_operation_runs_at_once_with_the_one_that_follows():
    crossings = entry(0, "till.sell"), write(1, 0), entry(2, "till.close"), write(3, 2, "close")

    assert (("till.sell", 0), ("till.close", 1)) in planned(*crossings)


def test_one_that_is_refused_is_tried_though_many_were_that_were_not():
    """The last one that fits in and the first that does not: at the limit, where it goes wrong."""
    calls = [(entry(number, "till.sell"), write(number + 1, number)) for number in range(0, 8, 2)]
    crossings = [*sum(calls, ()), entry(8, "till.sell", "raised"), write(9, 8)]

    assert (("till.sell", 3), ("till.sell", 4)) in planned(*crossings)
    assert (("till.sell", 2), ("till.sell", 3)) not in planned(*crossings)


def test_also_with_one_of_its_kind_that_is_refused():
    crossings = entry(0, "till.sell"), write(1, 0), entry(2, "till.sell", "raised")

    assert (("till.sell", 0), ("till.sell", 1)) in planned(*crossings)


def test_a_request_is_taken_as_a_whole():
    (overlap,) = OverlapPlanner().plan(trial(entry(0, "till.sell", request=3), write(1, 0)))

    assert {(each.kind, each.nth) for each in overlap.operations} == {("request", 3)}


def test_what_changes_memory_may_be_switched_at_lines():
    def held(value: str) -> Digest:
        return Digest((Contents("memory", "till.Till.cash", (Column("value"),), ((value,),)),))

    baseline = replace(trial(entry(0, "till.sell")), boundaries=(Boundary(0, held("1"), held("2")),))
    (overlap,) = OverlapPlanner().plan(baseline)

    assert overlap.lines


def test_the_same_is_tried_in_few_tests_and_the_later_ones_come_later():
    planner = OverlapPlanner()
    ranks = [
        overlap.rank
        for number in range(MOST_TESTS + 2)
        for overlap in planner.plan(trial(entry(0, "till.sell"), write(1, 0), test=f"{TEST}{number}"))
    ]

    assert ranks == [FIRST, *[LATER] * (MOST_TESTS - 1)]
