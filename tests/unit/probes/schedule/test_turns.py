"""The turns of operations: switch points, driver calls, waits in a server, deadlocks, and how it all ends."""

from __future__ import annotations

from _thread import get_ident
from collections.abc import Callable
from math import comb
from typing import Any

import pytest

from dryfit.model.interleaving import Choice, Footprint
from dryfit.model.seam import Place
from dryfit.probes.schedule import Turns
from dryfit.probes.schedule.lane import ACQUIRE, RELEASE, closed_gate
from dryfit.probes.schedule.mutex import Mutex
from dryfit.probes.schedule.outsiders import Outsiders
from dryfit.probes.schedule.round import Round


def test_every_order_of_switch_points_comes_once(turns: Turns, explore) -> None:
    def operation() -> None:
        turns.point("line", "a")
        turns.point("line", "b")

    runs = explore(lambda: (operation, operation))
    assert len({run[0].schedule for run in runs}) == len(runs) == comb(6, 3)
    assert {run[0].ending for run in runs} == {"completed"}


def test_only_one_goes_on_at_a_time(turns: Turns, explore, values) -> None:
    def make() -> list[Callable[[], object]]:
        shared = [0]

        def add() -> int:
            seen = shared[0]
            turns.point("line")
            shared[0] = seen + 1
            return shared[0]

        return [add, add]

    assert {values(run) for run in explore(make)} == {(1, 1), (1, 2), (2, 1)}


def test_steps_and_moves_are_written_down(turns: Turns, along) -> None:
    place = Place("shop.py", 3)

    def operation() -> int:
        turns.point("line", "stock -= 1", place, Footprint(writes=frozenset({"stock"})))
        return 1

    interleaving, _ = turns.run([operation, operation], along([0, 1, 1, 0]))
    assert [(step.worker, step.kind, step.what, step.place) for step in interleaving.steps] == [
        (0, "began", "", None),
        (1, "began", "", None),
        (1, "line", "stock -= 1", place),
        (1, "returned", "", None),
        (0, "line", "stock -= 1", place),
        (0, "returned", "", None),
    ]
    assert interleaving.schedule == (0, 1, 1, 0)
    assert interleaving.moves[1].choice == Choice((0, 1), running=0)
    assert interleaving.moves[2].footprint == Footprint(writes=frozenset({"stock"}))
    assert interleaving.moves[0].footprint.unknown


def test_an_operation_may_raise_whatever_it_likes(turns: Turns, along, values) -> None:
    errors = [KeyboardInterrupt(), SystemExit(3), ValueError("x")]

    def raising(error: BaseException) -> Callable[[], object]:
        def operation() -> None:
            raise error

        return operation

    run = turns.run([raising(error) for error in errors], along())
    assert all(raised is error for raised, error in zip(values(run), errors, strict=True))
    assert run[0].ending == "completed"
    assert [step.what for step in run[0].steps if step.kind == "raised"] == [
        "KeyboardInterrupt",
        "SystemExit",
        "ValueError",
    ]


def test_an_operation_has_its_number(turns: Turns, along, values) -> None:
    assert values(turns.run([turns.worker, turns.worker], along())) == (0, 1)
    assert turns.worker() == -1


def test_outside_of_operations_nothing_is_governed(turns: Turns) -> None:
    turns.point("line")
    assert turns.call(1, "statement", "SELECT 1", None, lambda: 7) == 7


def test_who_waits_in_a_server_is_blocked_and_woken(turns: Turns, server, along, lanes, values) -> None:
    def operation(connection: int) -> Callable[[], object]:
        def run() -> object:
            result = turns.call(connection, "statement", "LOCK a", None, lambda: server.lock(connection, "a"))
            turns.call(connection, "commit", "COMMIT", None, lambda: server.commit(connection))
            return result

        return run

    run = turns.run([operation(1), operation(2)], along([0, 0, 1, 1, 0]))
    assert lanes(run) == [
        "0 began",
        "0 statement LOCK a",
        "1 began",
        "1 statement LOCK a",
        "1 blocked LOCK a by 0",
        "0 commit COMMIT",
        "0 returned",
        "1 woken LOCK a",
        "1 commit COMMIT",
        "1 returned",
    ]
    assert values(run) == ("a", "a")
    assert run[0].ending == "completed"


def crossed(turns: Turns, server, errors: list[BaseException]) -> list[Callable[[], object]]:
    def operation(connection: int, first: str, second: str) -> Callable[[], object]:
        def run() -> None:
            try:
                for row in (first, second):
                    turns.call(
                        connection, "statement", row, None, lambda row=row: server.lock(connection, row)
                    )
            except Exception as error:
                errors.append(error)
            finally:
                turns.call(connection, "rollback", "", None, lambda: server.commit(connection))

        return run

    return [operation(1, "a", "b"), operation(2, "b", "a")]


def test_a_deadlock_of_a_server_has_a_victim(turns: Turns, server, along, lanes) -> None:
    errors: list[BaseException] = []
    run = turns.run(crossed(turns, server, errors), along([0, 0, 1, 1, 0, 1]))
    assert lanes(run)[:8] == [
        "0 began",
        "0 statement a",
        "1 began",
        "1 statement b",
        "0 statement b",
        "0 blocked b by 1",
        "1 statement a",
        "1 blocked a by 0",
    ]
    assert lanes(run)[8] == "0 victim b"
    assert server.cancelled == [1]
    assert [type(error).__name__ for error in errors] == ["CancelledError"]
    assert run[0].ending == "completed"


def test_the_same_choices_give_the_same_moves_and_steps(turns: Turns, explore, server, along) -> None:
    for first in explore(lambda: crossed(turns, server, [])):
        assert turns.run(crossed(turns, server, []), along(first[0].schedule))[0] == first[0]


def test_who_waits_for_a_stranger_is_stuck(turns: Turns, server, along, lanes) -> None:
    server.holders["a"] = 99

    def operation() -> None:
        turns.call(1, "statement", "LOCK a", None, lambda: server.lock(1, "a"))

    run = turns.run([operation, lambda: None], along())
    assert run[0].ending == "stuck"
    assert run[0].said == (
        "operation 1 waits (LOCK a) for none of the operations, but for the server's process 99 of fake"
    )
    assert run[1][0] is None
    assert server.cancelled == [1]


def test_who_waits_for_what_another_left_open_is_stuck(turns: Turns, server, along) -> None:
    def operation(connection: int) -> Callable[[], object]:
        return lambda: turns.call(
            connection, "statement", "LOCK a", None, lambda: server.lock(connection, "a")
        )

    run = turns.run([operation(1), operation(2)], along())
    assert run[0].ending == "stuck"
    assert "for operation 1, which is over and has left its transaction open" in run[0].said


def test_a_choice_of_nobody_is_an_error_of_who_chose(turns: Turns, along, values) -> None:
    with pytest.raises(ValueError, match=r"7 is none of \(0, 1\)"):
        turns.run([turns.worker, turns.worker], lambda choice: 7)
    assert values(turns.run([turns.worker, turns.worker], along())) == (0, 1)


def test_a_failure_of_the_controller_is_not_seen_by_the_operations(turns: Turns, along, monkeypatch) -> None:
    seen: list[BaseException] = []

    def operation() -> None:
        try:
            turns.point("statement", "x")
        except Exception as error:
            seen.append(error)

    def fails(outsiders: Outsiders) -> bool:
        raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr(Outsiders, "are_idle", fails)
    with pytest.raises(OSError, match="Bad file descriptor"):
        turns.run([operation, operation], along())
    assert seen == []


def test_a_connection_that_nobody_can_read_is_not_seen_by_the_operations(
    turns: Turns, along, server, monkeypatch
) -> None:
    def fails(connection: object) -> None:
        raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr(server, "backend", fails)
    with pytest.raises(OSError, match="Bad file descriptor"):
        turns.run([lambda: turns.call(1, "statement", "x", None, lambda: None)], along())


def test_an_answer_that_comes_while_the_watcher_looks_lets_nobody_else_go_on(
    turns: Turns, server, along, values, monkeypatch
) -> None:
    """The call is over, and the turn handed on, between the watcher's look and what it makes of it."""
    answer, goes_on, may_end = closed_gate(), closed_gate(), closed_gate()
    watcher = get_ident()
    looks: list[list[str]] = []

    class Looked(Mutex):
        def __init__(self, round_: Round) -> None:
            super().__init__()
            self._round = round_

        def __exit__(self, *exception: object) -> None:
            states = [lane.state for lane in self._round.lanes]
            super().__exit__(*exception)
            if get_ident() == watcher:
                looks.append(states)
                calling = [at for at, states in enumerate(looks) if "calling" in states]
                # It has seen one call under way twice, and is about to ask the server.
                if calling[1:] == [len(looks) - 1]:
                    RELEASE(answer)
                    ACQUIRE(goes_on)
                elif calling[1:] == [len(looks) - 3]:
                    RELEASE(may_end)

    class Watched(Round):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            self.mutex = Looked(self)

    def call() -> int:
        turns.call(1, "statement", "slow", None, lambda: ACQUIRE(answer))
        turns.point("line")
        return 1

    def follow() -> int:
        RELEASE(goes_on)
        ACQUIRE(may_end)
        return 2

    monkeypatch.setattr("dryfit.probes.schedule.turns.Round", Watched)
    run = turns.run([call, follow], along([0, 0, 1]))

    assert max(states.count("running") for states in looks) == 1
    assert (run[0].ending, values(run)) == ("completed", (1, 2))
