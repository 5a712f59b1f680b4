"""Threads and pools that operations start or use."""

from __future__ import annotations

import _thread
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from dryfit.model.interleaving import Choice
from dryfit.probes.schedule import Turns, serial


def test_a_thread_belongs_to_the_operation_that_started_it(turns: Turns, explore, values) -> None:
    def operation() -> list[int]:
        seen: list[int] = []
        thread = threading.Thread(target=lambda: seen.append(turns.worker()))
        thread.start()
        thread.join()
        assert not thread.is_alive()
        return seen

    runs = explore(lambda: [operation, operation])
    assert {repr(values(run)) for run in runs} == {"([0], [1])"}
    assert {run[0].ending for run in runs} == {"completed"}


def test_threads_of_an_operation_take_turns_with_the_others(turns: Turns, explore, values) -> None:
    def operations() -> Sequence[Callable[[], object]]:
        shared = [0]

        def add() -> None:
            seen = shared[0]
            turns.point("line")
            shared[0] = seen + 1

        def in_thread() -> int:
            thread = threading.Thread(target=add)
            thread.start()
            thread.join()
            return shared[0]

        return [in_thread, in_thread]

    assert {values(run) for run in explore(operations)} == {(1, 1), (1, 2), (2, 1), (2, 2)}


def test_threads_that_wait_for_each_other_are_a_deadlock(turns: Turns, along) -> None:
    def operation() -> None:
        lock = threading.Lock()

        def locked() -> None:
            with lock:
                pass

        with lock:
            thread = threading.Thread(target=locked)
            thread.start()
            thread.join()

    run = turns.run([operation], along())
    assert run[0].ending == "deadlock"
    assert run[0].said.startswith("operation 1 waits for operation 1 (thread at tests.py:")


def test_a_thread_that_is_never_joined_goes_on_and_is_let_go(turns: Turns, along) -> None:
    done: list[str] = []
    never = threading.Event()

    def writes() -> None:
        turns.point("line")
        done.append("written")

    def waits() -> None:
        never.wait()
        done.append("unreachable")

    def sleeps() -> None:
        while True:
            time.sleep(1)

    def operation() -> None:
        for target in (writes, waits, sleeps):
            threading.Thread(target=target).start()

    run = turns.run([operation], along())
    assert run[0].ending == "completed"
    assert done == ["written"]


def test_what_a_thread_raises_is_its_own(turns: Turns, along, monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: raised.append(args.exc_value))
    error = ValueError("x")

    def fails() -> None:
        raise error

    def operation() -> str:
        thread = threading.Thread(target=fails)
        thread.start()
        thread.join()
        return "over"

    run = turns.run([operation], along())
    assert run[0].ending == "completed"
    assert raised == [error]


@pytest.fixture
def pool() -> ThreadPoolExecutor:
    """One whose thread has worked before."""
    pool = ThreadPoolExecutor(1)
    assert pool.submit(int, "3").result() == 3
    return pool


def test_pools_that_were_there_before_do_their_work_in_turns(
    turns: Turns, explore, values, pool: ThreadPoolExecutor
) -> None:
    def operations() -> Sequence[Callable[[], object]]:
        shared = [0]

        def add() -> int:
            seen = shared[0]
            turns.point("line")
            shared[0] = seen + 1
            return shared[0]

        return [lambda: pool.submit(add).result(), lambda: pool.submit(add).result()]

    runs = explore(operations)
    assert {values(run) for run in runs} == {(1, 2), (2, 1)}  # one thread: one after the other
    pool.shutdown()


def test_pools_of_operations_come_to_their_end(turns: Turns, along, values) -> None:
    def operation() -> list[int]:
        with ThreadPoolExecutor(2) as pool:
            futures = [pool.submit(pow, 2, each) for each in range(3)]
        wait(futures)
        return [future.result() for future in futures]

    run = turns.run([operation, operation], along([0, 1] * 9))
    assert values(run) == ([1, 2, 4], [1, 2, 4])


def test_what_work_raises_comes_with_the_result(
    turns: Turns, along, values, pool: ThreadPoolExecutor
) -> None:
    def operation() -> object:
        return pool.submit(int, "x").exception()

    (error,) = values(turns.run([operation], along()))
    assert isinstance(error, ValueError)
    pool.shutdown()


def test_a_thread_without_an_object_takes_turns(turns: Turns, explore, values) -> None:
    def operations() -> Sequence[Callable[[], object]]:
        shared = [0]

        def operation() -> int:
            over = threading.Event()

            def add() -> None:
                seen = shared[0]
                turns.point("line")
                shared[0] = seen + 1
                over.set()

            assert _thread.start_new_thread(add, ()) != threading.get_ident()
            over.wait()
            return shared[0]

        return [operation, operation]

    runs = [turns.run(operations(), choose) for choose in (serial((0, 1)), in_turn)]

    assert [values(run) for run in runs] == [(1, 2), (1, 1)]
    assert {run[0].ending for run in runs} == {"completed"}


def in_turn(choice: Choice) -> int:
    return next((worker for worker in choice.enabled if worker != choice.running), choice.running)


def test_the_mutex_of_the_turns_is_never_taken_for_a_lock_of_the_programs(
    turns: Turns, values, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lane that met it taken, as a watcher looks now and then, would hand its turn on halfway."""
    asked: list[object] = []
    own = threading.Lock()

    def operation() -> bool:
        round_, lane = turns.here()
        assert round_ is not None
        with monkeypatch.context() as patch:
            patch.setattr(turns._governor, "here", lambda: asked.append(lane))
            with round_.mutex:
                pass
            assert not asked
            with own:
                pass
        return bool(asked)

    run = turns.run([operation], serial((0,)))

    assert values(run) == (True,)
