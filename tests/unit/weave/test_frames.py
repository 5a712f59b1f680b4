"""Nobody who looks at the stack finds a frame between two of the user's, and nothing breaks because of it."""

import dis
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dryfit.weave import frames

SOURCE = Path(__file__).resolve().parents[3] / "src"

LOOKERS = """
import inspect
import logging
import sys
import traceback
import warnings

def by_getframe():
    return sys._getframe(1).f_code.co_name

def by_f_back(*, steps=2):
    frame = inspect.currentframe()
    for _ in range(steps):
        frame = frame.f_back
    return frame.f_code.co_name

def by_inspect():
    return [each.function for each in inspect.stack()[:4]]

def by_traceback(*_):
    return [each.name for each in traceback.extract_stack()[-4:]]

def by_logging():
    return logging.getLogger("lookers").findCaller(stacklevel=2)[2]

def by_warnings():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.warn("here", stacklevel=3)
    return [(each.filename, each.lineno) for each in caught]

def raising(**options):
    raise LookupError(options)

class Logger:
    def __init__(self):
        self.made_by = sys._getframe(1).f_code.co_name
"""

LOOKED_AT = """
import traceback
import lookers

def straight():
    return [
        lookers.by_getframe(),
        lookers.by_f_back(),
        lookers.by_inspect(),
        lookers.by_traceback(1, 2),
        lookers.by_logging(),
        lookers.by_warnings(),
        lookers.Logger().made_by,
    ]

def scenario():
    return straight()

def frames_of_an_exception():
    try:
        lookers.raising(a=1)
    except LookupError as error:
        return [(each.name, each.lineno) for each in traceback.extract_tb(error.__traceback__)]
"""

can_hide = pytest.mark.skipif(
    frames.depth() == frames.VISIBLE, reason="frames are visible on this Python, or under a tracer"
)


@pytest.fixture
def looked_at(program):
    program.write(lookers=LOOKERS, looked_at=LOOKED_AT)
    return program.load("looked_at")


@can_hide
@pytest.mark.parametrize("name", ["scenario", "frames_of_an_exception"])
def test_functions_that_look_at_their_callers_see_the_users_frames(program, looked_at, name):
    recorder = program.compare(f"looked_at.{name}")
    assert len(recorder.names) > 1


def test_frames_are_visible_under_a_tracer(program, looked_at, traced):
    weave = program.weave()
    assert looked_at.scenario()[:2] == ["straight", "scenario"]
    assert {each.what for each in weave.skipped} >= {"lookers.by_getframe", "lookers.Logger.__init__"}
    assert frames.depth() == frames.VISIBLE


def test_frames_turn_visible_with_the_first_test_after_a_tracer_began(program, recorder, looked_at, request):
    weave = program.weave(recorder)
    request.getfixturevalue("traced")
    weave.begin_test("the next one")
    looked_at.frames_of_an_exception()
    assert {each.what for each in weave.skipped} >= {"lookers.by_getframe"}
    assert [each.outcome for each in recorder.seen] == ["returned list", "raised LookupError"]
    assert {each.test for each in recorder.seen} == {"the next one"}


TRIALS = """
import asyncio, faulthandler, gc, logging, signal, sys, threading, time, tracemalloc
from pathlib import Path
tracemalloc.start(25)
logging.getLogger("asyncio").setLevel(logging.ERROR)  # development mode tells of slow steps
import trials
from dryfit.probes import Observer
from dryfit.weave import Weave, frames
is_hidden = frames.depth() == frames.HIDDEN
folder = Path(sys.argv[1])
weave = Weave(folder, {str(folder / "trials.py"): "trials"}, {"trials": "trials"})
weave.put_in(Observer(weave.callee_of, weave.component_of, folder))

def dumped():
    with open(folder / "dump.txt", "w") as file:
        faulthandler.dump_traceback(file)
    return (folder / "dump.txt").read_text()

def depth(n):
    return trials.passing(lambda: depth(n - 1), key=n) if n else dumped().count("in depth")

def snapshot():
    gc.collect()
    kept = [object() for _ in range(1000)]
    snapshot = tracemalloc.take_snapshot().statistics("traceback")
    return len(snapshot) > 10 and len(kept)

def current():
    return len(sys._current_frames()) > 0

def exhausted():
    def more():
        return trials.passing(more)
    try:
        more()
    except RecursionError:
        return "exhausted"

def interrupted():
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        while True:
            trials.passing(int)
    except KeyboardInterrupt:
        return "interrupted"

def across_threads():
    told = []
    workers = [threading.Thread(target=lambda: told.append(trials.passing(current))) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return len(told)

def switched():
    try:
        import greenlet
    except ImportError:
        return 3
    inner = greenlet.greenlet(lambda: trials.passing(lambda: greenlet.getcurrent().parent.switch(1) + 1))
    first = trials.passing(inner.switch)
    gc.collect()
    frame = inner.gr_frame
    while frame is not None:
        assert not (is_hidden and "dryfit" in frame.f_code.co_filename)
        frame = frame.f_back
    return trials.passing(lambda: inner.switch(first + 1))

async def awaited():
    return sum(await asyncio.gather(*(trials.waiting(n) for n in range(10))))

def kept_frames():
    held = []
    for n in range(50):
        try:
            trials.raising(n)
        except ValueError as error:
            held.append(error)
    gc.collect()
    return sum(error.__traceback__.tb_next.tb_frame.f_locals["n"] for error in held)

def tracer_comes_late():
    def tracer(frame, event, argument):
        return tracer
    try:
        sys.settrace(tracer)
        return kept_frames()
    finally:
        sys.settrace(None)

def profiler_comes_late():
    try:
        sys.setprofile(lambda *_: None)
        return kept_frames()
    finally:
        sys.setprofile(None)

print([
    depth(20), trials.passing(snapshot), exhausted(), interrupted(), across_threads(), switched(),
    asyncio.run(awaited()), kept_frames(), tracer_comes_late(), profiler_comes_late(), weave.failures,
])
weave.take_out()
"""

TRIED = """
import asyncio
def passing(function, *, key=None):
    return function()
async def waiting(n):
    await asyncio.sleep(0)
    return n
def raising(n):
    raise ValueError(n)
"""


def test_frames_are_visible_where_the_project_stops_in_a_debugger(program, looked_at):
    program.write(stopping="def stop():\n    breakpoint()")
    program.load("stopping")
    weave = program.weave()
    assert {each.what for each in weave.skipped} >= {"lookers.by_getframe"}


@pytest.mark.parametrize(
    "mode", [(), pytest.param(("-X", "dev"), marks=pytest.mark.campaign)], ids=["plain", "dev"]
)
def test_nothing_breaks(program, mode):
    program.write(trials=TRIED)
    script = program.file("script.py", TRIALS)
    path = os.pathsep.join([str(SOURCE), str(program.folder)])
    done = subprocess.run(
        [sys.executable, *mode, str(script), str(program.folder)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.stderr == ""
    told = "[21, 1000, 'exhausted', 'interrupted', 8, 3, 45, 1225, 1225, 1225, ()]"
    assert done.stdout.strip() == told
    assert done.returncode == 0


def test_hidden_code_is_made_of_the_compilers_own_instructions():
    # Those that specialise themselves are the interpreter's to write: made by hand, they crashed it on 3.11.
    code = frames.hidden(by_name.__code__)
    allowed = set(dis.opmap.values())
    places = [instruction.offset for instruction in dis.get_instructions(code)]
    assert {code.co_code[place] for place in places} <= allowed


def by_name(*values, **named):
    return len(values) + sum(named.values(), start=abs(-1)), str(values).upper()
