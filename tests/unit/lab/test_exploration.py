"""Which runs are wanted, in which order, and what is kept of them; the runs are made up, as a counter's would be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest

from dryfit.lab.exploration import Limits, Wanted, explore
from dryfit.model.digest import Column, Contents, Digest
from dryfit.model.interleaving import (
    Choice,
    Ended,
    Ending,
    Explored,
    Interleaving,
    Move,
    Operation,
    Overlap,
    Run,
    Step,
)
from dryfit.model.reply import ErrorSeen
from dryfit.probes.schedule import search, serial

ADD, RESET = Operation("call", 0, "counter.add"), Operation("call", 1, "counter.reset")
READ, WRITE = 0, 1


def counted(value: int) -> Digest:
    return Digest((Contents("shop", "counter", (Column("value"),), ((str(value),),)),))


def made(wanted: Wanted, *, atomic: bool = False, idle: int = 0) -> Run:
    """Each worker reads the counter and writes one more, in the order that is chosen; ``atomic`` does so at once.

    The last one is ``idle`` for some steps before that.
    """
    steps, moves, read, value, left = [], [], {}, 0, dict.fromkeys(range(len(wanted.workers)), 2)
    left[len(wanted.workers) - 1] += idle
    running = -1
    while enabled := tuple(worker for worker in sorted(left) if left[worker]):
        choice = Choice(enabled, running)
        running = wanted.choose(choice)
        moves.append(Move(choice, running))
        steps.append(Step(running, "statement", "SELECT" if left[running] >= 2 else "UPDATE"))
        if left[running] >= 2:
            read[running] = value
        else:
            value = (value if atomic else read[running]) + 1
        left[running] -= 1
    ended = tuple(Ended((("", "None"),)) for _ in wanted.workers)
    return Run(Interleaving(tuple(moves), tuple(steps), "completed"), ended, counted(0), counted(value))


def explored(
    overlap: Overlap, make: Callable[[Wanted], Run], *, stops: bool = False
) -> tuple[Explored, list[Wanted]]:
    asked: list[Wanted] = []
    exploration = explore(overlap, search(0, 100), Limits(seconds=60, interleavings=100), lambda: stops)
    wanted = next(exploration)
    while True:
        asked.append(wanted)
        try:
            wanted = exploration.send(make(wanted))
        except StopIteration as stop:
            return stop.value, asked


def test_a_lost_update_is_kept_once_with_the_fewest_switches():
    found, _ = explored(Overlap("test", (ADD, ADD)), made)

    assert found.exhausted
    assert [run.interleaving.schedule for run in found.others] == [(0, 1, 1, 0)]
    assert len(found.serial) == len(found.alone) == 1


def test_where_it_has_enough_it_ends_with_what_there_is():
    heard = iter([False, False, True, True])
    limits = Limits(60, 100, lambda: next(heard))
    exploration = explore(Overlap("test", (ADD, RESET)), search(0, 100), limits, lambda: True)
    wanted, asked = next(exploration), 0
    with pytest.raises(StopIteration) as stop:
        while asked := asked + 1:
            wanted = exploration.send(made(wanted, atomic=True))

    assert (stop.value.value.tried, stop.value.value.exhausted, asked) == (3, False, 4 + 3)


def test_what_cannot_be_lost_is_not_found():
    found, _ = explored(Overlap("test", (ADD, ADD)), lambda wanted: made(wanted, atomic=True))

    assert (found.others, found.alone, found.exhausted) == ((), (), True)


def test_different_operations_have_as_many_serial_orders_as_there_are_and_each_is_run_twice():
    found, asked = explored(Overlap("test", (ADD, RESET)), made)

    assert len(found.serial) == 2
    assert [made(each).interleaving.schedule for each in asked[:4]] == [(0, 0, 1, 1)] * 2 + [(1, 1, 0, 0)] * 2


def test_a_schedule_is_followed_and_nothing_else_is_tried():
    found, asked = explored(Overlap("test", (ADD, ADD), schedule=(1, 0, 0, 1)), made)

    assert found.tried == 1
    assert [run.interleaving.schedule for run in found.others] == [(1, 0, 0, 1)]
    assert made(asked[2]).interleaving.schedule == (0, 1, 0, 1)  # it opens what is opened once
    assert len(asked) == 2 + 1 + 1 + 2


def test_a_replay_is_made_from_where_the_finding_was_seen():
    """As with a pool: the first run with two at work opens what both need, and has a step more."""

    def opened_by(runs: list[Wanted]) -> Callable[[Wanted], Run]:
        def run(wanted: Wanted) -> Run:
            runs.append(wanted)
            return made(wanted, idle=1 if len(runs) == 3 else 0)

        return run

    found, _ = explored(Overlap("test", (ADD, ADD)), opened_by([]))
    shown = found.others[0].interleaving.schedule
    again, _ = explored(Overlap("test", (ADD, ADD), schedule=shown), opened_by([]))

    assert [run.interleaving.schedule for run in again.others] == [shown]


def test_where_two_runs_of_one_order_differ_nothing_is_tried():
    runs = iter(range(10))

    def unsteady(wanted: Wanted) -> Run:
        run = made(wanted)
        rows = tuple((str(number),) for number in range(next(runs)))
        return Run(
            run.interleaving,
            run.ended,
            run.before,
            Digest((Contents("shop", "log", (Column("line"),), rows),)),
        )

    found, asked = explored(Overlap("test", (ADD, ADD)), unsteady)

    assert found.void == "not deterministic, no verdict: one after the other, log holds 0 rows, and then 1"
    assert len(asked) == 2


@pytest.mark.parametrize("ending", ["stuck", "limit", "deadlock"])
def test_operations_that_cannot_even_run_one_after_the_other_are_given_up(ending: Ending):
    def ends(wanted: Wanted) -> Run:
        run = made(wanted)
        return Run(Interleaving((), (), ending, "the reason"), run.ended, run.before, run.after)

    found, _ = explored(Overlap("test", (ADD, ADD)), ends)

    assert found.void == "one after the other they do not come to their end: the reason"


def test_a_schedule_that_could_not_be_followed_and_shows_nothing_decides_nothing():
    found, _ = explored(
        Overlap("test", (ADD, ADD), schedule=(0, 0, 0, 1)), lambda wanted: made(wanted, atomic=True)
    )

    assert found.void == (
        "not deterministic, no verdict: the same choices lead elsewhere: "
        "after 2 choices, 0 was to go on, but those that could were 1"
    )

    lost, _ = explored(Overlap("test", (ADD, ADD), schedule=(0, 1, 1, 1)), made)
    assert (lost.void, len(lost.others)) == ("", 1)


def test_a_search_whose_choices_lead_elsewhere_decides_nothing_where_it_finds_nothing():
    runs = iter(range(1000))

    def wavering(wanted: Wanted) -> Run:
        """The second operation has fewer steps as soon as the search has seen it."""
        return made(wanted, atomic=True, idle=3 if next(runs) < 5 else 0)

    found, _ = explored(Overlap("test", (ADD, ADD)), wavering)

    assert not found.exhausted
    assert found.void.startswith("not deterministic, no verdict: the same choices lead elsewhere: after ")


@pytest.mark.parametrize(
    ("by_clock", "of_processor", "tried", "is_left"),
    [
        (2.9, 2.9, 300, True),
        (3.1, 3.0, 100, False),
        (3.1, 1.5, 100, True),  # others have had the processors
        (11.9, 2.9, 199, True),
        (3.1, 1.5, 200, False),
        (12.1, 1.5, 100, False),
        (11.9, 11.9, 11, True),
        (12.1, 12.1, 11, False),
        (0.1, 0.1, 400, False),
    ],
)
def test_a_slow_or_busy_machine_gets_some_interleavings_made_all_the_same(
    by_clock, of_processor, tried, is_left
):
    spent = SimpleNamespace(by_clock=by_clock, of_processor=of_processor)
    assert Limits(3.0, 400).leave_room(spent, tried) is is_left


def test_statements_are_stopped_half_way_where_nothing_else_shows_anything():
    def only_half_way(wanted: Wanted) -> Run:
        return made(wanted, atomic=not wanted.stop)

    found, asked = explored(Overlap("test", (ADD, ADD)), only_half_way, stops=True)

    assert [each.stop for each in asked if each.stop] == [(0, 0), (0, 1)]
    assert found.others == ()  # as long as the others do not run in between

    lost, _ = explored(
        Overlap("test", (ADD, ADD)),
        lambda wanted: (
            made(Wanted(wanted.workers, lambda choice: choice.enabled[-1] if choice.running == 0 else 0))
            if wanted.stop
            else made(wanted, atomic=True)
        ),
        stops=True,
    )
    assert [run.stop for run in lost.others] == [(0, 0)]


def test_an_operation_that_fails_where_the_tests_own_did_not_shows_nothing():
    """It sees nothing of what the test has prepared, say."""
    add = replace(ADD, outcome="returned")
    missing = Ended(error=ErrorSeen(0, ("shop.Missing", "builtins.Exception"), "no counter"))

    def blind(wanted: Wanted) -> Run:
        return replace(made(wanted), ended=(missing,) * len(wanted.workers))

    found, asked = explored(Overlap("test", (add, add)), blind)
    usual, _ = explored(Overlap("test", (replace(add, outcome="raised"),) * 2), blind)

    assert "counter.add returns in the test, and in a thread" in found.void
    assert "shop.Missing" in found.void
    assert len(asked) == 2
    assert usual.void == ""


def test_what_was_found_in_memory_is_run_once_more_to_be_narrated():
    def in_memory(wanted: Wanted) -> Run:
        run = made(wanted)
        kind = "read" if wanted.narrated else "resumed"
        steps = tuple(replace(step, kind=kind) for step in run.interleaving.steps)
        return replace(run, interleaving=replace(run.interleaving, steps=steps))

    found, asked = explored(Overlap("test", (ADD, ADD)), in_memory)
    told = [run.interleaving for run in found.others]

    assert [each.schedule for each in told] == [(0, 1, 1, 0)]
    assert {step.kind for step in told[0].steps} == {"read"}
    assert sum(each.narrated for each in asked) == 1


def test_where_the_narrated_run_goes_another_way_the_steps_stay_as_they_are():
    def unsteady(wanted: Wanted) -> Run:
        run = made(replace(wanted, choose=serial((0, 1))) if wanted.narrated else wanted)
        steps = tuple(replace(step, kind="line") for step in run.interleaving.steps)
        return replace(run, interleaving=replace(run.interleaving, steps=steps))

    found, _ = explored(Overlap("test", (ADD, ADD)), unsteady)

    assert [step.worker for step in found.others[0].interleaving.steps] == [0, 1, 1, 0]
