"""Ctrl-C while operations are run at once."""

from __future__ import annotations

import signal
import threading

import pytest

from dryfit.probes.schedule import Turns, alternate


@pytest.fixture(autouse=True)
def usual_handler():
    """The one that a program begins with, whatever runs the tests has put in its place."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_it_ends_the_interleaving_and_later_ones_are_not_harmed(turns: Turns) -> None:
    lock, never = threading.Lock(), threading.Event()

    def interrupted() -> None:
        with lock:
            signal.raise_signal(signal.SIGINT)
            never.wait()

    with pytest.raises(KeyboardInterrupt):
        turns.run([interrupted, never.wait], alternate)

    assert not lock.locked()
    interleaving, _ = turns.run([lambda: 1, lambda: 2], alternate)
    assert interleaving.ending == "completed"


def test_it_waits_for_a_moment_at_which_nothing_is_half_done(turns: Turns) -> None:
    signal.raise_signal(signal.SIGINT)
    began = []

    with pytest.raises(KeyboardInterrupt):
        turns.run([lambda: began.append(1)], alternate)

    assert not began


def test_a_second_one_is_heard_at_once(turns: Turns) -> None:
    signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        turns.run([lambda: None], alternate)


def test_who_ignores_it_goes_on(server) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Turns(server, limit=5.0, place=lambda frame: None) as turns:
        signal.raise_signal(signal.SIGINT)
        interleaving, _ = turns.run([lambda: 1], alternate)
    assert interleaving.ending == "completed"
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
