"""Switch points at lines that touch what is shared."""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from math import comb
from pathlib import Path
from types import FrameType, ModuleType

import pytest

from dryfit.model.interleaving import ANYTHING, Footprint
from dryfit.model.seam import Place
from dryfit.probes.schedule import Turns

PROGRAM = Path(__file__).parent / "program"


@pytest.fixture
def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("counter", PROGRAM / "counter.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def is_own(file: str) -> bool:
    return file.startswith(str(PROGRAM))


def place(frame: FrameType) -> Place | None:
    return Place("counter.py", frame.f_lineno) if is_own(frame.f_code.co_filename) else None


@pytest.fixture
def turns(server) -> Iterator[Turns]:
    with Turns(server, limit=5.0, place=place, lines=is_own) as turns:
        yield turns


def test_a_lost_update_in_memory_is_found(explore, values, program: ModuleType) -> None:
    def operations() -> Sequence[Callable[[], object]]:
        counter = program.Counter()
        return [counter.add, counter.add]

    runs = explore(operations)
    assert {values(run) for run in runs} == {(1, 1), (1, 2), (2, 1)}
    assert len(runs) == comb(6, 3)  # began, and the two lines that touch the counter


def test_variables_of_closures_are_shared_as_they_are(
    turns: Turns, along, values, program: ModuleType
) -> None:
    add = program.closed()
    assert values(turns.run([add, add], along([0, 1, 1, 1, 1, 0, 0, 0]))) == (2, 1)
    assert values(turns.run([add, add], along([0, 0, 0, 0, 1, 1, 1, 1]))) == (3, 4)
    assert values(turns.run([add, add], along([0, 0, 1, 1, 1, 0, 0, 1]))) == (5, 5)


def test_steps_show_the_lines(turns: Turns, along, program: ModuleType) -> None:
    run = turns.run([program.Counter().add], along())
    steps = [(step.what, step.place) for step in run[0].steps if step.kind == "line"]
    assert steps == [
        ("seen = self.count", Place("counter.py", 17)),
        ("self.count = bigger", Place("counter.py", 19)),
    ]


def footprints(turns: Turns, along, operation: Callable[[], object]) -> list[Footprint]:
    interleaving, _ = turns.run([operation], along())
    assert interleaving.ending == "completed"
    return [move.footprint for move in interleaving.moves[1:]]


def test_footprints_name_what_lines_touch(turns: Turns, along, program: ModuleType) -> None:
    counter = program.Counter()
    reads = Footprint(reads=frozenset({".count", "[]"}))
    assert footprints(turns, along, counter.add) == [
        reads,
        Footprint(frozenset({"[]"}), frozenset({".count"})),
    ]
    assert footprints(turns, along, lambda: program.note("all")) == [
        Footprint(frozenset({".TOTAL", "[]"}), frozenset({"[]"}))
    ]
    assert footprints(turns, along, counter.add_twice)[-1] == Footprint(
        frozenset({".other", "[]"}), frozenset({".other", "[]"})
    )


def test_calls_of_other_code_may_touch_anything(turns: Turns, along, program: ModuleType) -> None:
    assert footprints(turns, along, lambda: program.Counter().push(0))[-1] == ANYTHING


def test_locks_are_switch_points_by_themselves(turns: Turns, along, program: ModuleType) -> None:
    locked = Footprint(writes=frozenset({"primitive"}))
    counted = Footprint(
        frozenset({".count", "[]"}), frozenset({".count", "[]", "primitive"})
    )  # and the lock let go
    last = Footprint(frozenset({".count", "[]"}))
    assert footprints(turns, along, program.Counter().add_locked) == [locked, counted, last]


def test_lines_of_their_own_are_no_switch_points(turns: Turns, along, program: ModuleType) -> None:
    assert footprints(turns, along, lambda: program.plain(1, 2)) == []


def test_who_listened_before_hears_of_everything_still(along, server, program: ModuleType) -> None:
    heard: list[tuple[str, int]] = []

    def trace(frame: FrameType, event: str, value: object) -> object:
        if is_own(frame.f_code.co_filename):
            heard.append((event, frame.f_lineno))
        return trace

    def operation() -> object:
        before = sys.gettrace()
        sys.settrace(trace)
        try:
            return counter.add()
        finally:
            sys.settrace(before)

    counter = program.Counter()
    operation()
    alone, heard[:] = list(heard), []
    traces: list[object] = []

    def traced() -> object:
        traces.append(sys.gettrace())
        return counter.add()

    before = threading.gettrace()
    threading.settrace(trace)  # as coverage does, for threads to come
    try:
        with Turns(server, limit=5.0, place=place, lines=is_own) as turns:
            run = turns.run([traced], along())
            after = turns.run([traced], along())
    finally:
        threading.settrace(before)
    assert heard == alone * 2
    assert len(run[0].moves) == len(after[0].moves) == 3


def test_who_wants_no_lines_of_a_file_takes_none_from_others(along, server, program: ModuleType) -> None:
    def trace(frame: FrameType, event: str, value: object) -> None:
        frame.f_trace_lines = False  # as coverage does with files that it leaves out

    before = threading.gettrace()
    threading.settrace(trace)
    try:
        with Turns(server, limit=5.0, place=place, lines=is_own) as turns:
            run = turns.run([program.Counter().add], along())
    finally:
        threading.settrace(before)
    assert len(run[0].moves) == 3


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring is there from Python 3.12 on")
def test_the_tool_id_is_given_back(server) -> None:
    def tools() -> list[str | None]:
        return [sys.monitoring.get_tool(each) for each in range(6)]

    before = tools()
    with Turns(server, limit=5.0, place=place, lines=is_own):
        assert "dryfit-lines" in tools()
    assert tools() == before
