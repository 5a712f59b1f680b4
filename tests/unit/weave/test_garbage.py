"""What finalizers call while garbage is collected.

On Python 3.11 a context variable that is set then may take the variables of the context away from another call that
sets one, since garbage is collected in the midst of that call, and the interpreter crashes.
"""

import contextlib
import gc
import sys

import pytest
from tests.unit.weave.conftest import Recorder

from dryfit.probes import Observer

STORE = """
    ended = []
    def close(name):
        ended.append(name)
        return len(ended)
    def lines():
        try:
            yield 1
        finally:
            ended.append("lines")
"""
DESK = """
    import gc
    import store
    def work():
        handle = Handle()
        for _ in range(3):
            handle.__del__()
        del handle
        gc.collect()
    class Handle:
        def __init__(self):
            self.me = self
        def __del__(self):
            for _ in range(8):
                store.close("handle")
    class Reader:
        def __init__(self):
            self.me = self
            self.lines = store.lines()
            next(self.lines)
"""


@contextlib.contextmanager
def by_hand():
    """Garbage is collected where the test says so, and nowhere else."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def seen_while_collecting(program, made):
    program.write(store=STORE, desk=DESK)
    desk = program.load("desk")
    recorder = Recorder()
    weave = program.weave(recorder)
    with by_hand():
        getattr(desk, made)()
        recorder.seen.clear()
        innermost = weave._loop.current.get()
        gc.collect()
        assert weave._loop.current.get() is innermost
    assert weave.failures == ()
    return recorder.names, desk.store.ended


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="garbage is collected between two instructions")
def test_what_a_finalizer_calls_is_no_crossing(program):
    names, ended = seen_while_collecting(program, "Handle")
    assert names == []
    assert ended == ["handle"] * 8


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="garbage is collected between two instructions")
def test_what_a_finalizer_repeats_is_no_crossing_either(program):
    program.write(store=STORE, desk=DESK)
    desk = program.load("desk")
    observer = Observer(lambda code: None, lambda file: None)
    weave = program.weave(observer)
    with by_hand():
        for _ in range(10):
            desk.work()
    assert weave.failures == ()
    assert desk.store.ended == ["handle"] * 10 * 32
    (trace,) = observer.finish("test_it", "passed", 0.1).traces
    assert sum(crossing.count for crossing in trace.crossings) == 10 * (1 + 24)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="garbage is collected in the midst of an allocation")
def test_what_a_finalizer_calls_between_two_instructions_is_a_crossing(program):
    names, ended = seen_while_collecting(program, "Handle")
    assert names.count("store.close") == 8
    assert ended == ["handle"] * 8


def test_a_generator_that_is_garbage_ends_as_ever(program):
    names, ended = seen_while_collecting(program, "Reader")
    assert names == []
    assert ended == ["lines"]


def test_nobody_is_told_of_collections_any_more(program):
    before = list(gc.callbacks)
    program.write(store=STORE)
    weave = program.weave()
    weave.take_out()
    assert gc.callbacks == before
