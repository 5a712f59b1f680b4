"""Python's own locks, queues and the like, between operations that take turns."""

from __future__ import annotations

import concurrent.futures
import queue
import sys
import threading
import time
from collections.abc import Callable, Sequence

import pytest

from dryfit.probes.schedule import Turns

BEFORE = {"lock": threading.Lock(), "rlock": threading.RLock(), "condition": threading.Condition()}
"""Made long before any exploration."""


def endings(runs) -> set[str]:
    return {run[0].ending for run in runs}


@pytest.mark.parametrize(
    "make",
    [
        threading.Lock,
        threading.RLock,
        threading.Condition,
        threading.Semaphore,
        threading.BoundedSemaphore,
        lambda: threading.Condition(threading.Lock()),
        lambda: BEFORE["lock"],
        lambda: BEFORE["rlock"],
        lambda: BEFORE["condition"],
    ],
)
def test_a_lock_keeps_others_out(turns: Turns, explore, values, make: Callable[[], threading.Lock]) -> None:
    def operations() -> Sequence[Callable[[], object]]:
        lock, shared = make(), [0]

        def add() -> int:
            with lock:
                seen = shared[0]
                turns.point("line")
                shared[0] = seen + 1
                return shared[0]

        return [add, add]

    runs = explore(operations)
    assert endings(runs) == {"completed"}
    assert {values(run) for run in runs} == {(1, 2), (2, 1)}


def test_methods_bound_before_are_governed_too(turns: Turns, explore, values) -> None:
    condition, shared = BEFORE["condition"], [0]

    def add() -> int:
        condition.acquire()
        try:
            seen = shared[0]
            turns.point("line")
            shared[0] = seen + 1
            return shared[0] - seen
        finally:
            condition.release()

    assert {values(run) for run in explore(lambda: [add, add])} == {(1, 1)}


def test_who_waits_for_a_lock_is_blocked_and_woken(turns: Turns, along, lanes) -> None:
    lock = threading.Lock()

    def operation() -> None:
        with lock:
            turns.point("line", "x")

    run = turns.run([operation, operation], along([0, 0, 1, 1, 0, 1]))
    assert lanes(run) == [
        "0 began",
        "0 lock lock",
        "1 began",
        "1 lock lock",
        "1 blocked lock by 0",
        "0 line x",
        "0 release lock",
        "0 returned",
        "1 woken lock",
        "1 line x",
        "1 release lock",
        "1 returned",
    ]


def test_locks_taken_crosswise_are_a_deadlock(turns: Turns, explore) -> None:
    def operations() -> Sequence[Callable[[], object]]:
        one, other = threading.Lock(), threading.RLock()

        def first() -> None:
            with one, other:
                pass

        def second() -> None:
            with other, one:
                pass

        return [first, second]

    runs = explore(operations)
    assert endings(runs) == {"completed", "deadlock"}
    dead = next(run for run in runs if run[0].ending == "deadlock")
    assert dead[1] == (None, None)
    assert dead[0].said.startswith("operation 1 waits for operation 2 (other at tests.py:")


def test_a_lock_and_a_server_make_a_deadlock_together(turns: Turns, server, along) -> None:
    lock = threading.Lock()

    def row(connection: int) -> None:
        turns.call(connection, "statement", "row", None, lambda: server.lock(connection, "row"))

    def first() -> None:
        try:
            with lock:
                row(1)
        finally:
            turns.call(1, "rollback", "", None, lambda: server.commit(1))

    def second() -> None:
        try:
            row(2)
            with lock:
                pass
        finally:
            turns.call(2, "rollback", "", None, lambda: server.commit(2))

    run = turns.run([first, second], along([0, 0, 1, 1, 0, 1, 1]))
    assert run[0].ending == "deadlock"
    assert "operation 1 waits for operation 2 (row)" in run[0].said
    assert "operation 2 waits for operation 1 (lock at tests.py:" in run[0].said
    assert server.holders == {}
    assert not lock.locked()


def test_a_lock_taken_twice_is_a_deadlock_with_oneself(turns: Turns, along) -> None:
    lock = threading.Lock()

    def operation() -> None:
        with lock, lock:
            pass

    run = turns.run([operation], along())
    assert run[0].ending == "deadlock"
    assert not lock.locked()


def test_a_timed_wait_gives_up_only_when_nobody_else_can_go_on(turns: Turns, explore, values) -> None:
    def operations() -> Sequence[Callable[[], object]]:
        lock, event = threading.Lock(), threading.Event()

        def hold() -> bool:
            with lock:
                return event.wait(3600)

        def attempt() -> bool:
            taken = lock.acquire(timeout=3600)
            if taken:
                lock.release()
            return taken

        return [hold, attempt]

    seen = {values(run) for run in explore(operations)}
    assert seen == {(False, True), (False, False)}


def test_nobody_gives_up_while_one_is_held_up_by_the_exploration_itself(server, along, values) -> None:
    def let_go() -> bool:
        was_held = "row" in server.holders
        server.commit(99)
        return was_held

    lock = threading.Lock()
    server.holders["row"] = 99  # as a statement is that is stopped half-way
    with Turns(server, limit=5.0, place=lambda frame: None, relent=let_go) as turns:

        def hold() -> str:
            with lock:
                return turns.call(1, "statement", "LOCK", None, lambda: server.lock(1, "row"))

        run = turns.run([hold, lambda: lock.acquire(timeout=3600)], along([0, 0, 1]))

    assert values(run) == ("row", True)
    assert not any(step.kind == "expired" for step in run[0].steps)


def test_that_a_wait_s_time_is_up_is_a_step(turns: Turns, along, values) -> None:
    run = turns.run([lambda: threading.Event().wait(3600)] * 2, along())

    assert values(run) == (False, False)
    assert [(step.worker, step.kind) for step in run[0].steps if step.kind in ("blocked", "expired")] == [
        (0, "blocked"),
        (1, "blocked"),
        (1, "expired"),
        (0, "expired"),
    ]


def test_events_and_conditions_wake_those_that_wait(turns: Turns, explore, values) -> None:
    def operations() -> Sequence[Callable[[], object]]:
        condition, event, items = threading.Condition(), threading.Event(), []

        def consume() -> object:
            with condition:
                while not items:
                    condition.wait()
            event.set()
            return items.pop()

        def produce() -> bool:
            with condition:
                items.append("x")
                condition.notify()
            return event.wait()

        return [consume, produce]

    runs = explore(operations)
    assert {values(run) for run in runs} == {("x", True)}
    assert any("0 blocked" in f"{step.worker} {step.kind}" for run in runs for step in run[0].steps)


def test_a_lost_wakeup_is_stuck(turns: Turns, explore) -> None:
    def operations() -> Sequence[Callable[[], object]]:
        condition = threading.Condition()

        def consume() -> None:
            with condition:
                condition.wait()

        def produce() -> None:
            with condition:
                condition.notify()

        return [consume, produce]

    runs = explore(operations)
    assert endings(runs) == {"completed", "stuck"}
    said = next(run[0].said for run in runs if run[0].ending == "stuck")
    assert said.startswith("operation 1 waits (condition.wait at tests.py:")
    assert said.endswith("and no operation is left that could end that")


def test_barriers_meet(turns: Turns, explore, values) -> None:
    def operations() -> Sequence[Callable[[], object]]:
        barrier = threading.Barrier(2)
        return [barrier.wait, barrier.wait]

    assert {values(run) for run in explore(operations)} <= {(0, 1), (1, 0)}


@pytest.mark.parametrize("make", [queue.Queue, queue.LifoQueue, queue.PriorityQueue, queue.SimpleQueue])
def test_queues_hand_over(turns: Turns, explore, values, make: Callable[[], queue.Queue[int]]) -> None:
    def operations() -> Sequence[Callable[[], object]]:
        jobs = make()

        def take() -> int:
            return jobs.get()

        def put() -> None:
            jobs.put(7)

        return [take, put]

    runs = explore(operations)
    assert {values(run) for run in runs} == {(7, None)}
    assert len(runs) > 1


def test_futures_are_waited_for(turns: Turns, explore, values) -> None:
    def operations() -> Sequence[Callable[[], object]]:
        future: concurrent.futures.Future[int] = concurrent.futures.Future()

        def wait() -> int:
            return future.result()

        def settle() -> None:
            future.set_result(5)

        return [wait, settle]

    assert {values(run) for run in explore(operations)} == {(5, None)}


def test_sleep_takes_no_time_and_lets_others_go_on(turns: Turns, explore, values) -> None:
    def operations() -> Sequence[Callable[[], object]]:
        ready: list[int] = []

        def poll() -> int:
            while not ready:
                time.sleep(3600)
            return ready[0]

        def settle() -> None:
            turns.point("line")
            ready.append(1)

        return [poll, settle]

    runs = explore(operations)
    assert {values(run) for run in runs} == {(1, None)}
    assert len(runs) > 2


def test_afterwards_everything_is_as_it_was(server) -> None:
    before = (
        vars(type(threading.Lock()))["acquire"],
        vars(queue.SimpleQueue)["get"],
        time.sleep,
        BEFORE["condition"].acquire,
    )
    with Turns(server, limit=1, place=lambda frame: None):
        assert time.sleep is not before[2]
    assert before == (
        vars(type(threading.Lock()))["acquire"],
        vars(queue.SimpleQueue)["get"],
        time.sleep,
        BEFORE["condition"].acquire,
    )


def test_modules_that_both_import_are_waited_for(turns: Turns, along, values, tmp_path, monkeypatch) -> None:
    (tmp_path / "late_module.py").write_text(
        "import turns_of_the_test\nturns_of_the_test.point('line')\nANSWER = 42\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "turns_of_the_test", turns)

    def operation() -> int:
        import late_module

        return late_module.ANSWER

    run = turns.run([operation, operation], along([0, 1, 1, 0, 1]))
    assert run[0].ending == "completed"
    assert values(run) == (42, 42)
    del sys.modules["late_module"]
