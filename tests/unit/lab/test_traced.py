"""The trace function by which a fault is followed: what it hears of, and what not."""

from __future__ import annotations

import sys

import pytest

from dryfit.lab.propagation.log import Log
from dryfit.lab.propagation.traced import Traced
from dryfit.probes.trial import FAULT_MARK


@pytest.fixture(autouse=True)
def nobody_traces():
    """As coverage or a debugger does, which the one under test leaves alone."""
    before = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(before)


@pytest.fixture
def traced():
    listener = Traced()
    yield listener
    listener.off()


def fail():
    error = ValueError("no")
    vars(error)[FAULT_MARK] = "before"
    raise error


def handle():
    try:
        fail()
    except ValueError:
        return


def functions(log):
    return {event.code.co_name for event in log.events}


def test_what_runs_while_it_is_paused_is_not_heard_of(traced):
    log = Log()
    assert traced.on(log)
    traced.pause()
    assert sys.gettrace() is None
    handle()
    traced.resume()
    assert functions(log) == set()
    handle()
    assert functions(log) == {"fail", "handle"}


def test_what_was_left_before_the_pause_is_told_before_what_comes_after(traced):
    log = Log()
    assert traced.on(log)
    with pytest.raises(ValueError, match="no"):
        list(map(lambda _: fail(), [1]))  # noqa: C417 - a caller that is written in C
    traced.pause()
    told = len(log.events)
    traced.resume()
    handle()
    assert "unwound" in {event.kind for event in log.events[:told] if event.code.co_name == "fail"}


def test_one_that_ends_while_it_is_paused_does_not_go_on(traced):
    log = Log()
    assert traced.on(log)
    traced.pause()
    assert traced.traces_here
    traced.off()
    traced.resume()
    assert sys.gettrace() is None
    assert not traced.traces_here


def test_whoever_else_traces_is_not_paused(traced):
    def another(frame, event, given):
        return None

    sys.settrace(another)
    assert not traced.on(Log())
    traced.pause()
    assert sys.gettrace() is another
