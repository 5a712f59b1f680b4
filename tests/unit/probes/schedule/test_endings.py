"""Operations that do not come to an end: each interleaving ends with a reason, and those after it are not harmed."""

from __future__ import annotations

import ctypes
import re
import threading
import time
from _thread import allocate_lock
from collections.abc import Callable, Iterator
from types import FrameType

import pytest

from dryfit.model.seam import Place
from dryfit.probes.schedule import Turns
from dryfit.probes.schedule.lane import ACQUIRE, RELEASE


@pytest.fixture
def hasty(server) -> Iterator[Turns]:
    """Turns with little patience."""
    with Turns(server, limit=0.1, place=lambda frame: None) as turns:
        yield turns


@pytest.fixture
def unharmed(hasty: Turns, along, values) -> Callable[[], bool]:
    """Whether an interleaving after all that comes to its end."""

    def check() -> bool:
        def operation() -> int:
            hasty.point("line")
            return hasty.worker()

        run = hasty.run([operation, operation], along([0, 1, 0, 1]))
        return run[0].ending == "completed" and values(run) == (0, 1)

    return check


def test_a_busy_loop_is_broken_off(hasty: Turns, along, unharmed) -> None:
    def spin() -> None:
        while True:
            pass

    run = hasty.run([spin, lambda: None], along())
    assert run[0].ending == "limit"
    assert run[0].said.startswith("not over within 0.1 s: operation 1 came to no switch point (")
    assert "test_endings.py" in run[0].said
    assert run[0].said.endswith(".spin)")
    assert run[1] == (None, None)
    assert unharmed()


def test_a_busy_loop_is_broken_off_where_lines_are_heard(server, along) -> None:
    def spin() -> None:
        while True:
            pass

    def place(frame: FrameType) -> Place | None:
        return Place("own.py", frame.f_lineno) if frame.f_code is spin.__code__ else None

    with Turns(server, limit=0.1, place=place, lines=lambda file: file == __file__) as turns:
        run = turns.run([spin, lambda: None], along())
        after = turns.run([lambda: 1, lambda: 2], along())
    assert re.search(r"operation 1 came to no switch point \(own\.py:\d+ in \S+\.spin\)$", run[0].said)
    assert after[0].ending == "completed"


def test_a_loop_over_switch_points_is_broken_off(hasty: Turns, along, unharmed) -> None:
    def spin() -> None:
        while True:
            hasty.point("line")

    run = hasty.run([spin, spin], along([0, 1] * 20))
    assert run[0].ending == "limit"
    assert unharmed()


def test_who_takes_no_end_is_named_and_left_behind(hasty: Turns, along, unharmed, monkeypatch) -> None:
    monkeypatch.setattr("dryfit.probes.schedule.breaking.GRACE", 0.05)
    door = allocate_lock()
    ACQUIRE(door)
    gone = threading.Event()

    def stubborn() -> None:
        try:
            ACQUIRE(door)
        finally:
            gone.set()

    run = hasty.run([stubborn], along())
    assert run[0].ending == "limit"
    assert run[0].said.endswith("; a thread of operation 1 could not be ended")
    assert unharmed()
    RELEASE(door)  # it comes back late, in a later round
    assert unharmed()
    assert gone.wait(5)


def test_a_call_that_keeps_the_interpreter_is_waited_out(hasty: Turns, along, unharmed) -> None:
    def keeps() -> None:
        ctypes.PyDLL(None).usleep(200_000)
        while True:
            pass

    run = hasty.run([keeps, lambda: None], along())
    assert run[0].ending == "limit"
    assert "operation 1 came to no switch point" in run[0].said
    assert unharmed()


def test_a_driver_call_that_never_comes_back_is_cancelled(hasty: Turns, server, along, unharmed) -> None:
    door = allocate_lock()
    ACQUIRE(door)
    server._doors[1] = door
    server.cancel = lambda backend: RELEASE(door)  # the server knows of no wait
    run = hasty.run([lambda: hasty.call(1, "statement", "SELECT", None, lambda: ACQUIRE(door))], along())
    assert run[0].ending == "limit"
    assert run[0].said == (
        "not over within 0.1 s: operation 1 is in a call of its driver that does not come back (SELECT)"
    )
    assert unharmed()


def test_a_thread_that_nobody_joins_may_run_for_ever(hasty: Turns, along, unharmed) -> None:
    def spin() -> None:
        while True:
            pass

    run = hasty.run([lambda: threading.Thread(target=spin).start()], along())
    assert run[0].ending == "limit"
    assert ".spin)" in run[0].said
    assert unharmed()


def test_who_catches_everything_is_ended_at_the_next_switch_point(hasty: Turns, along, unharmed) -> None:
    caught: list[BaseException] = []

    def catches() -> str:
        try:
            while True:
                time.sleep(0)
        except BaseException as error:
            caught.append(error)
        hasty.point("line")
        return "unreachable"

    run = hasty.run([catches], along())
    assert run[0].ending == "limit"
    assert run[1] == (None,)
    assert len(caught) == 1
    assert unharmed()


def test_an_asking_that_fails_ends_the_interleaving_with_its_reason(
    hasty: Turns, server, along, unharmed
) -> None:
    def fails(backends: object) -> object:
        raise ConnectionError("the server went away")

    server.holders["a"] = 99
    asked, server.blockers = server.blockers, fails
    run = hasty.run([lambda: hasty.call(1, "statement", "", None, lambda: server.lock(1, "a"))], along())
    server.blockers = asked
    assert (run[0].ending, run[0].said) == ("stuck", "a server does not tell who waits: the server went away")
    assert unharmed()
