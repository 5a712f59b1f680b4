"""What operations read and wrote in memory is told where another one touched it, too."""

from __future__ import annotations

import asyncio
import importlib.util
import linecache
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from types import FrameType, ModuleType

import pytest

from dryfit.model.interleaving import Interleaving
from dryfit.model.lanes import telling
from dryfit.model.seam import Place
from dryfit.probes.schedule import Narrator, Tasks, Turns, follow

FILE = str(Path(__file__).parent / "program" / "desk.py")
MEANWHILE = (0, 1, 1, 0)
"""The second operation runs while the first one awaits."""


def place(frame: FrameType) -> Place | None:
    code = frame.f_code
    return Place("desk.py", frame.f_lineno, code.co_qualname) if code.co_filename == FILE else None


def narrator() -> Narrator:
    return Narrator(place, lambda code: code.co_filename == FILE)


@pytest.fixture
def desk() -> ModuleType:
    spec = importlib.util.spec_from_file_location("desk", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


Run = Callable[[Sequence[Callable[[], Awaitable[object]]]], Interleaving]


@pytest.fixture
def run(server) -> Run:
    async def made(operations: Sequence[Callable[[], Awaitable[object]]]) -> Interleaving:
        tasks = Tasks(server, limit=5.0, place=place)
        try:
            interleaving, _ = await tasks.run(operations, follow(MEANWHILE), narrator())
        finally:
            tasks.close()
        return interleaving

    return lambda operations: asyncio.run(made(operations))


def touched(interleaving: Interleaving) -> list[str]:
    """What was read and written, with the numbers of the operations."""
    return [
        f"{step.worker + 1} {step.kind} {step.what}: {step.given}"
        for step in interleaving.steps
        if step.kind in ("read", "write")
    ]


def source(line: int) -> str:
    return linecache.getline(FILE, line).strip()


def test_what_was_read_before_an_await_and_written_after_it(desk, run):
    shared = desk.Desk(1)
    interleaving = run([shared.reserve, shared.reserve])

    told = [
        (step.worker + 1, step.kind, step.what, step.given, source(step.place.line) if step.place else "")
        for step in telling(interleaving.steps)
    ]
    assert told == [
        (1, "read", "Desk.free", "1", "if not self.free:"),
        (1, "await", "sleep", "", "await asyncio.sleep(0)"),
        (2, "read", "Desk.free", "1", "if not self.free:"),
        (2, "write", "Desk.free", "1 → 0", "self.free -= 1"),
        (2, "returned", "", "", ""),
        (1, "resumed", "", "", "await asyncio.sleep(0)"),
        (1, "write", "Desk.free", "0 → -1", "self.free -= 1"),
        (1, "returned", "", "", ""),
    ]


def test_an_operation_begins_where_its_first_function_does(desk, run):
    shared = desk.Desk(1)
    began = [step for step in run([shared.reserve, shared.reserve]).steps if step.kind == "began"]

    assert [source(step.place.line) for step in began if step.place] == ["async def reserve(self):"] * 2


def test_what_a_container_held_and_holds(desk, run):
    shared = desk.Desk(1)

    assert touched(run([shared.call_next, shared.call_next])) == [
        '1 read Desk.waiting: ["ann", "bob"]',
        '2 read Desk.waiting: ["ann", "bob"]',
        '2 write Desk.waiting: ["ann", "bob"] → ["bob"]',
        '1 write Desk.waiting: ["bob"] → []',
    ]


def test_a_key_of_a_mapping_is_told_by_itself(desk, run):
    assert touched(run([lambda: desk.rate("EUR"), lambda: desk.rate("EUR")])) == [
        "1 read CACHE['EUR']: nothing",
        "2 read CACHE['EUR']: nothing",
        "2 write CACHE['EUR']: nothing → 10",
        "1 write CACHE['EUR']: 10 → 10",
    ]


def test_other_keys_are_no_matter(desk, run):
    assert touched(run([lambda: desk.rate("EUR"), lambda: desk.rate("GBP")])) == []


def test_a_line_that_awaits_reads_before_and_writes_after(desk, run):
    shared = desk.Desk(1)

    assert touched(run([shared.total, shared.total])) == [
        "1 read Desk.free: 1",
        "2 write Desk.free: 1 → 11",
        "1 write Desk.free: 11 → 11",
    ]


def test_variables_of_modules_classes_and_enclosing_functions(desk, run):
    add = desk.counter()

    assert touched(run([desk.take, desk.take])) == [
        "1 read taken: 0",
        "2 read taken: 0",
        "2 write taken: 0 → 1",
        "1 write taken: 1 → 1",
    ]
    assert touched(run([add, add]))[-1] == "1 write count: 1 → 1"
    assert touched(run([desk.Desk(1).open, desk.Desk(1).open]))[0] == "1 write Desk.opened: 0 → 1"


def test_objects_of_one_class_are_told_apart(desk, run):
    one, other = desk.Desk(5), desk.Desk(7)

    assert touched(run([lambda: desk.move(one, other), lambda: desk.move(one, other)])) == [
        "1 read Desk.free (object 1): 5",
        "2 read Desk.free (object 1): 5",
        "2 write Desk.free (object 1): 5 → 4",
        "2 write Desk.free (object 2): 7 → 8",
        "1 write Desk.free (object 1): 4 → 4",
        "1 write Desk.free (object 2): 8 → 9",
    ]


def test_what_no_other_touches_or_nobody_writes_is_not_told(desk, run):
    shared = desk.Desk(1)

    assert touched(run([desk.Desk(1).reserve, desk.Desk(1).reserve])) == []
    assert touched(run([shared.look, shared.look])) == []
    assert touched(run([shared.reserve, shared.look])) == []


def test_a_secret_is_not_told(desk, run):
    shared = desk.Desk(1)
    told = touched(run([shared.change, shared.change]))

    assert told[0] == "1 read Desk.password: <secret>"
    assert not any("open" in each for each in told)


def test_threads_tell_it_too_in_the_place_of_their_lines(desk, server):
    shared = desk.Desk(5)
    with Turns(server, limit=5.0, place=place, lines=lambda file: file == FILE) as turns:
        schedule = follow((0, 0, 1, 1, 1, 0))
        interleaving, _ = turns.run([shared.sell, shared.sell], schedule, narrator())

    assert [(step.worker + 1, step.kind, step.what, step.given) for step in telling(interleaving.steps)] == [
        (1, "read", "Desk.free", "5"),
        (2, "read", "Desk.free", "5"),
        (2, "write", "Desk.free", "5 → 4"),
        (2, "returned", "", ""),
        (1, "write", "Desk.free", "4 → 4"),
        (1, "returned", "", ""),
    ]
