"""An entry that has failed is called once more, and its caller gets what the first attempt came to."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from dryfit.model.crossing import Callee, Crossing
from dryfit.model.outcome import Returned
from dryfit.probes.again import Again
from dryfit.weave.sites import NOWHERE


class Attempts:
    """A callable that comes to one of these after the other: exceptions are raised."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)

    def __call__(self):
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    async def later(self):
        await asyncio.sleep(0)
        return self()


def crossing(entry):
    return Crossing(Callee("shop", f"shop.entry{entry}", ()), "<test>", NOWHERE, (), None, "a test")


def entry_of(crossing):
    return int(crossing.callee.name[-1])


def call(probe, attempts, entry=1, *, later=False):
    act = probe.before(crossing(entry))
    if later:
        return asyncio.run(act.call(partial(attempts.later)))
    return act.call(attempts)


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize(("second", "came_to"), [("done", "returned"), (ValueError("again"), "raised")])
def test_the_caller_gets_the_first_failure(second, came_to, later):
    probe = Again(entry_of)
    probe.begin(1)
    attempts = Attempts(ValueError("first"), second)
    with pytest.raises(ValueError, match="first"):
        call(probe, attempts, later=later)
    assert probe.came_to == came_to
    assert attempts.outcomes == []


@pytest.mark.parametrize("later", [False, True])
def test_what_does_not_fail_is_called_once(later):
    probe = Again(entry_of)
    probe.begin(1)
    attempts = Attempts("done", "twice")
    assert call(probe, attempts, later=later) == "done"
    assert (probe.came_to, attempts.outcomes) == ("", ["twice"])


def test_what_is_no_failure_of_the_program_is_not_tried_again():
    probe = Again(entry_of)
    probe.begin(1)
    attempts = Attempts(KeyboardInterrupt(), "done")
    with pytest.raises(KeyboardInterrupt):
        call(probe, attempts)
    assert attempts.outcomes == ["done"]


def test_other_entries_and_other_trials_are_left_alone():
    probe = Again(entry_of)
    probe.begin(1)
    assert probe.before(crossing(2)) is None
    probe.begin()
    assert probe.before(crossing(1)) is None
    outcome = Returned(3)
    assert probe.after(crossing(1), outcome) is outcome
