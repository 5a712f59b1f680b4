"""What the user's code may do to its surroundings while calls cross: forbid the file system, be on another one."""

import builtins
import os
import sys

import pytest

from dryfit.weave import Weave
from dryfit.weave.sites import Sites

CALLEE = """
import concurrent.futures

def plain(x):
    return in_a_thread(x)
def in_a_thread(x):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        return pool.submit(int, x).result()
def items(x):
    yield x
async def fetch(x):
    return x
"""

CALLER = """
import asyncio
import callee

def scenario():
    return callee.plain(1), list(callee.items(2)), asyncio.run(callee.fetch(3))
"""

COMES_TO = (1, [2], 3)
CROSSED = ["caller.scenario", "callee.plain", "callee.items", "callee.fetch"]


@pytest.fixture
def scenario(program):
    program.write(callee=CALLEE, caller=CALLER)
    return program.load("caller").scenario


def test_a_crossing_asks_nothing_of_the_file_system(program, recorder, scenario, monkeypatch):
    def forbidden(*_, **__):
        raise PermissionError("the file system was asked")

    bare = scenario()
    weave = program.weave(recorder)
    with monkeypatch.context() as patch:
        for name in ("stat", "lstat", "getcwd", "readlink"):
            patch.setattr(os, name, forbidden)
        for name in ("abspath", "realpath", "exists"):
            patch.setattr(os.path, name, forbidden)
        patch.setattr(builtins, "open", forbidden)
        told = scenario()
    assert told == bare == COMES_TO
    assert weave.failures == ()
    assert recorder.names == CROSSED


def test_a_program_that_believes_to_be_on_windows(program, recorder, scenario, monkeypatch):
    weave = program.weave(recorder)
    with monkeypatch.context() as patch:
        patch.setattr(os, "name", "nt")
        told = scenario()
    assert told == COMES_TO
    assert weave.failures == ()
    assert recorder.one("callee.plain").place.file == "caller.py"


def test_a_call_goes_on_where_its_crossing_cannot_begin(program, recorder, scenario, monkeypatch):
    weave = program.weave(recorder)

    def broken(self, frame):
        raise LookupError("which file?")

    with monkeypatch.context() as patch:
        patch.setattr(Sites, "locate", broken)
        told = scenario(), scenario()
    assert told == (COMES_TO, COMES_TO)
    assert recorder.seen == []
    (failure,) = weave.failures
    assert failure.startswith("a call went by unseen: LookupError: which file? (broken, line ")
    scenario()
    assert recorder.names == CROSSED


def test_a_program_behind_a_link_is_the_same(tmp_path, recorder, monkeypatch):
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real, target_is_directory=True)
    for name, source in (("callee", CALLEE), ("caller", CALLER)):
        (real / f"{name}.py").write_text(source)
    monkeypatch.syspath_prepend(str(link))
    weave = Weave(
        real,
        {str(real / f"{name}.py"): name for name in ("callee", "caller")},
        {"callee": "callee", "caller": "caller"},
    )
    import caller

    weave.put_in(recorder)
    try:
        assert caller.scenario() == COMES_TO
    finally:
        weave.take_out()
        for name in ("callee", "caller"):
            del sys.modules[name]
    assert caller.__file__ == str(link / "caller.py")
    assert recorder.one("callee.plain").place.file == "caller.py"
    assert recorder.one("callee.plain").caller == "caller"


def test_a_greenlet_that_begins_with_a_woven_function(program):
    pytest.importorskip("greenlet", reason="a greenlet's first function has no frame below it")
    program.write(
        callee="""
            import threading
            def pay(amount):
                return amount + 1
            async def refund(amount):
                return amount - 1
        """,
        caller="""
            import asyncio, threading
            import greenlet
            import callee
            def scenario():
                done = threading.Thread(target=callee.pay, args=(1,))
                greenlet.greenlet(done.start).switch()
                done.join()
                paid = greenlet.greenlet(callee.pay).switch(3)
                return paid, asyncio.run(greenlet.greenlet(callee.refund).switch(paid))
        """,
    )
    recorder = program.compare()
    assert [each.name for each in recorder.seen if each.component == "callee"] == [
        "callee.pay",
        "callee.pay",
        "callee.refund",
    ]
