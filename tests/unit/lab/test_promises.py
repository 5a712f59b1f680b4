"""Operations that have promises of their own to keep: until one is broken, and the smallest order that breaks it."""

from __future__ import annotations

import unittest

import pytest

from dryfit.lab.exploration import Limits
from dryfit.lab.promises import assertions_hold, explore_promises
from dryfit.model.digest import Digest
from dryfit.model.interleaving import Choice, Ended, Interleaving, Move, Operation, Overlap, Run
from dryfit.model.reply import ErrorSeen
from dryfit.probes.schedule import search
from dryfit.probes.statics import type_name

STEPS = 3
LIMITS = Limits(seconds=60.0, interleavings=400)


def run_of(wanted, breaks):
    """What workers with so many steps each would show, of which ``breaks`` says by the schedule whether one fails."""
    left = dict.fromkeys(wanted.workers, STEPS)
    moves, running = [], -1
    while enabled := tuple(worker for worker, steps in left.items() if steps):
        choice = Choice(enabled, running)
        running = wanted.choose(choice)
        left[running] -= 1
        moves.append(Move(choice, running))
    schedule = tuple(move.chosen for move in moves)
    failed = Ended(error=ErrorSeen(0, ("AssertionError",), "")) if breaks(schedule) else Ended()
    return Run(Interleaving(tuple(moves), (), "completed"), (Ended(), failed), Digest(), Digest())


def explored(breaks, schedule=(), limits=LIMITS):
    body = Operation("test", 0, "test_body")
    overlap = Overlap("test_body", (body, body), schedule)
    steps = explore_promises(overlap, search(0, limits.interleavings), limits, assertions_hold)
    made = []
    try:
        wanted = next(steps)
        while True:
            made.append(run_of(wanted, breaks))
            wanted = steps.send(made[-1])
    except StopIteration as stop:
        return stop.value, made


def test_all_orders_are_tried_where_none_breaks():
    found, made = explored(lambda schedule: False)

    assert (found.others, found.exhausted) == ((), True)
    assert len(made) == found.tried
    assert {run.interleaving.schedule for run in made} >= {(0, 0, 0, 1, 1, 1), (0, 1, 0, 1, 0, 1)}


def test_what_breaks_is_told_by_its_smallest_order():
    found, _ = explored(lambda schedule: schedule != tuple(sorted(schedule)) and schedule[0] == 0)

    [shown] = found.others
    assert shown.interleaving.preemptions == 1
    assert found.serial[0][0].interleaving.schedule == (0, 0, 0, 1, 1, 1)


def test_each_run_is_judged_as_soon_as_it_is_over():
    body = Operation("test", 0, "test_body")
    asked, made = [], []
    steps = explore_promises(
        Overlap("test_body", (body, body)), search(0, 400), LIMITS, lambda run: asked.append(run) or True
    )
    wanted = next(steps)
    for _ in range(4):
        made.append(run_of(wanted, lambda schedule: False))
        wanted = steps.send(made[-1])

        assert asked == made


def test_what_breaks_one_after_the_other_is_told_at_once():
    found, made = explored(lambda schedule: True)

    assert (found.tried, len(made)) == (1, 1)
    assert found.others == (made[0],)


IN_TURN = (0, 1, 0, 1, 0, 1)


def test_a_schedule_is_followed_as_soon_as_all_is_opened_that_is_opened_once():
    schedule = (0, 1, 1, 1, 0, 0)
    found, made = explored(lambda schedule: True, schedule)

    assert [run.interleaving.schedule for run in made] == [IN_TURN, schedule]
    assert found.others == (made[1],)


def test_what_only_the_run_that_opens_everything_shows_is_told_all_the_same():
    found, _ = explored(lambda schedule: schedule == IN_TURN, limits=Limits(60.0, 3))

    assert [run.interleaving.schedule for run in found.others] == [IN_TURN]
    assert found.tried > 2


def test_a_budget_ends_it_and_is_told():
    found, _ = explored(lambda schedule: False, limits=Limits(60.0, 4))

    assert not found.exhausted
    assert 4 <= found.tried < found.at_least


@pytest.mark.parametrize(
    ("error", "holds"),
    [
        (pytest.skip.Exception, True),
        (unittest.SkipTest, True),
        (pytest.fail.Exception, False),
        (AssertionError, False),
    ],
)
def test_a_copy_that_is_skipped_breaks_nothing(error, holds):
    ended = Ended(error=ErrorSeen(0, (type_name(error),), ""))
    run = Run(Interleaving((), (), "completed"), (ended,), Digest(), Digest())

    assert assertions_hold(run) is holds
