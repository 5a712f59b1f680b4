"""Tools that look at code, lines and frames see the user's: coverage, pdb, warnings, logging, pytest's own reports."""

import json
import logging
import os
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[3] / "src"

CALLEE = """
import logging
import warnings

def warn(level):
    warnings.warn(f"level {level}", UserWarning, stacklevel=level)

def log(level):
    logging.getLogger("callee").warning("level %s", level, stacklevel=level)

def items(level):
    warnings.warn(f"level {level}", UserWarning, stacklevel=level)
    yield level

async def fetch(level):
    warnings.warn(f"level {level}", UserWarning, stacklevel=level)
    log(level)

class Thing:
    def __init__(self, level):
        warnings.warn(f"level {level}", DeprecationWarning, stacklevel=level)
"""

CALLER = """
import asyncio
import callee

def straight(level):
    callee.warn(level)
    callee.log(level)
    callee.Thing(level)

def further(level):
    straight(level)

def iterating(level):
    for _ in callee.items(level):
        pass

def awaiting(level):
    async def main():
        await callee.fetch(level)
    asyncio.run(main())
"""


@pytest.mark.parametrize("level", [1, 2, 3])
@pytest.mark.parametrize("way", ["straight", "further", "iterating", "awaiting"])
def test_warnings_and_log_records_name_the_same_place(program, caplog, way, level):
    program.write(callee=CALLEE, caller=CALLER)
    caller = program.load("caller")
    program.load("callee")

    def places():
        caplog.clear()
        with warnings.catch_warnings(record=True) as caught, caplog.at_level(logging.WARNING):
            warnings.simplefilter("always")
            getattr(caller, way)(level)
        return [(each.filename, each.lineno, str(each.message)) for each in caught] + [
            (each.pathname, each.lineno, each.funcName) for each in caplog.records
        ]

    bare = places()
    program.weave()
    assert places() == bare
    assert len(bare) > 0


WEAVING = """
import sys
from pathlib import Path
from dryfit.weave import Weave
folder = Path({folder!r})
names = {names!r}
weave = Weave(folder, {{str(folder / (name + ".py")): name for name in names}}, {{name: name for name in names}})
if {woven}:
    weave.put_in()
"""

LINES = """
import contextlib, functools

def decorate(function):
    @functools.wraps(function)
    def wrapper(*arguments):
        return function(*arguments)
    return wrapper

@decorate
def choose(x):
    if x > 1:
        return "big"
    for _ in range(x):
        pass
    return (
        "small"
    )

def items(n):
    while n:
        yield n
        n -= 1

class Thing:
    size = property(lambda self: 3)
    def never(self):
        return 0

@contextlib.contextmanager
def opened(fail=False):
    try:
        yield
    except KeyError:
        pass
    finally:
        choose(0)

async def fetch(x):
    async for y in numbers(x):
        if y:
            return y

async def numbers(x):
    for y in range(x):
        yield y
"""

RUNNING = """
import asyncio, callee
def run():
    callee.choose(2)
    list(callee.items(2))
    next(callee.items(1))
    callee.Thing().size
    with callee.opened():
        raise KeyError
    asyncio.run(callee.fetch(3))
"""


def run_python(folder, script, *arguments, stdin=None):
    path = os.pathsep.join([str(SOURCE), str(folder)])
    return subprocess.run(
        [sys.executable, *arguments, str(script)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"},
        input=stdin,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )


@pytest.mark.parametrize("core", ["ctrace", "pytrace", "sysmon"])
def test_coverage_counts_the_same_lines_and_branches(program, core):
    if core == "sysmon" and sys.version_info < (3, 12):
        pytest.skip("sys.monitoring came with Python 3.12")
    program.write(callee=LINES, caller=RUNNING)
    reports = []
    for woven in (False, True):
        prologue = WEAVING.format(folder=str(program.folder), names=["callee", "caller"], woven=woven)
        script = program.file("script.py", f"import caller\n{prologue}\ncaller.run()\nweave.take_out()\n")
        program.file(
            "coverage.ini",
            f"[run]\ncore = {core}\nbranch = {core != 'sysmon'}\nsource = .\nomit = script.py\n",
        )
        run_python(program.folder, script, "-m", "coverage", "run", "--rcfile=coverage.ini")
        run_python(program.folder, "report.json", "-m", "coverage", "json", "-q", "-o")
        told = json.loads((program.folder / "report.json").read_text())
        reports.append((told["files"], told["totals"]))
    assert reports[0] == reports[1]
    assert reports[0][1]["covered_lines"] > 20


DEBUGGED = """
import callee

def go():
    x = callee.add(1, 2)
    y = [*callee.items(x)]
    return y

def more():
    return go()
"""

SUM = """
def add(a, b):
    total = a + b
    return total

def items(n):
    one = n
    yield one
"""


def debug(program, commands, woven):
    program.write(callee=SUM, caller=DEBUGGED)
    prologue = WEAVING.format(folder=str(program.folder), names=["callee", "caller"], woven=woven)
    script = program.file(
        "script.py",
        f"import pdb, callee, caller\n{prologue}\npdb.Pdb(nosigint=True, readrc=False).set_trace()\n"
        "caller.more()\nprint('done')\n",
    )
    told = run_python(program.folder, script, stdin="\n".join([*commands, "continue", ""])).stdout
    return [line.rstrip() for line in told.splitlines()]


@pytest.mark.parametrize(
    "commands",
    [
        pytest.param(["break {folder}/callee.py:3", "continue", "p a, b", "where"], id="by file and line"),
        pytest.param(["break callee.add", "continue", "p a, b", "where", "args"], id="by function name"),
        pytest.param(
            ["tbreak callee.items", "continue", "p n", "up", "p x", "down", "p n"], id="by generator name"
        ),
        pytest.param(["step"] * 14, id="stepping"),
        pytest.param(["next"] * 5, id="next"),
        pytest.param(
            ["break callee.add", "continue", "next", "next", "next", "next", "next", "where"],
            id="out by next",
        ),
        pytest.param(
            ["break callee.add", "continue", "return", "step", "up", "up", "p 1"], id="out by return"
        ),
        pytest.param(
            ["break caller.more", "break callee.add", "continue", "continue", *["return"] * 4, "p 1"],
            id="out of one after the other by return",
        ),
        pytest.param(
            ["break caller.more", "break callee:8", "continue", "continue", *["return"] * 4, "p 1"],
            id="out of a generator and its callers by return",
        ),
        pytest.param(
            ["break callee.add, a == 2", "break callee:8", "continue", "p one", "list"], id="conditions"
        ),
    ],
)
def test_pdb_stops_in_the_users_functions(program, commands):
    commands = [command.format(folder=program.folder) for command in commands]
    assert debug(program, commands, woven=True) == debug(program, commands, woven=False)


def test_pytest_shows_none_of_dryfits_frames(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(SOURCE))
    pytester.makepyfile(
        callee="""
        def add(a, b):
            assert a == b, "not the same"
        def items(n):
            yield n
            raise ValueError("in the generator")
        async def fetch():
            raise LookupError("in the coroutine")
        """,
        caller="""
        import asyncio
        import callee
        def go(x):
            callee.add(x, x + 1)
        def iterate():
            return list(callee.items(1))
        def run():
            asyncio.run(callee.fetch())
        """,
        test_it="""
        import caller
        def test_add():
            x = [1, 2]
            assert x == [1, 3]
        def test_go():
            caller.go(1)
        def test_iterate():
            caller.iterate()
        def test_run():
            caller.run()
        """,
    )
    outputs = []
    for woven in (False, True):
        prologue = WEAVING.format(folder=str(pytester.path), names=["callee", "caller"], woven=woven)
        pytester.makeconftest(f"import caller\n{textwrap.dedent(prologue)}")
        result = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:cacheprovider", "--tb=short")
        result.assert_outcomes(failed=4)
        outputs.append([line for line in result.outlines if " in " not in line or "failed" not in line])
    assert outputs[0] == outputs[1]
    assert not any("dryfit" in line for line in outputs[1] if "rootdir" not in line and "plugins" not in line)
