"""A woven function is the function that it was, to everything that asks; taken out, nothing is left."""

import copy
import gc
import inspect
import pickle
import sys
import threading
import typing

import pytest

CALLEE = '''
"""A module."""
import asyncio
import functools
from typing import Annotated, Iterator

def plain(a: int, b: "str" = "x", *, c: Annotated[float, "m"] = 1.0) -> list[int]:
    """What it does."""
    # a comment
    return [a]

async def coroutine(x: int) -> int:
    return x

def generator(n: int) -> Iterator[int]:
    yield n

async def async_generator(n: int):
    yield n

class Thing:
    """A class."""

    def method(self, x):
        return x

    @property
    def size(self) -> int:
        return 1

    @classmethod
    def make(cls) -> "Thing":
        return cls()

    def __reduce__(self):
        return Thing, ()

class Child(Thing):
    def method(self, x):
        return super().method(x)

double = lambda x: 2 * x
'''


@pytest.fixture
def callee(program):
    program.write(callee=CALLEE, caller="import callee\ndef go():\n    return callee.plain(1)")
    program.load("caller")
    return program.load("callee")


def look(callee):
    """Everything that the standard library can tell of the module's functions."""
    named = ["plain", "coroutine", "generator", "async_generator", "double"]
    functions = [getattr(callee, name) for name in named]
    functions += [callee.Thing.method, callee.Thing.make, callee.Thing.size.fget, callee.Child.method]
    return [
        (
            str(inspect.signature(each)),
            inspect.getsource(each),
            inspect.getsourcelines(each),
            inspect.getdoc(each),
            inspect.getcomments(each),
            typing.get_type_hints(each, vars(callee), include_extras=True),
            inspect.iscoroutinefunction(each),
            inspect.isgeneratorfunction(each),
            inspect.isasyncgenfunction(each),
            inspect.isfunction(each),
            inspect.getmodule(each),
            (inspect.getfile(each), inspect.getabsfile(each), inspect.getfile(each.__code__)),
            inspect.getfullargspec(each),
            (each.__name__, each.__qualname__, each.__module__, each.__doc__),
            repr(each).partition(" at ")[0],
            (each.__code__.co_name, each.__code__.co_qualname, each.__code__.co_firstlineno),
            (each.__code__.co_argcount, each.__code__.co_posonlyargcount, each.__code__.co_kwonlyargcount),
            inspect.getclosurevars(each).nonlocals.keys() if each.__code__.co_freevars else None,
        )
        for each in functions
    ]


def test_inspection_tells_the_same(program, callee):
    bare = look(callee)
    weave = program.weave()
    assert callee.plain.__code__.co_filename != callee.__file__
    assert look(callee) == bare
    weave.take_out()
    assert look(callee) == bare


def test_a_program_finds_what_lies_beside_its_functions(program):
    program.write(
        beside="""
        import inspect, pathlib
        def template():
            return pathlib.Path(inspect.getfile(template)).with_name("page.html").read_text()
        def asked_wrongly():
            inspect.getfile(7)
        """,
        page="import beside\ndef show():\n    return beside.template()\ndef fail():\n    beside.asked_wrongly()",
    )
    (program.folder / "page.html").write_text("<p>")
    program.compare("page.show")
    program.compare("page.fail", comes_to="raised")


def test_identity_and_references_stay(program, callee):
    early = callee.plain
    table = {callee.plain: 1, callee.Thing.method: 2}
    program.weave()
    assert callee.plain is early
    assert table[callee.plain] == 1
    assert pickle.loads(pickle.dumps(callee.plain)) is callee.plain
    assert pickle.loads(pickle.dumps(callee.Thing.make)) == callee.Thing.make
    assert isinstance(pickle.loads(pickle.dumps(callee.Thing())), callee.Thing)
    assert copy.deepcopy(callee.plain) is callee.plain
    assert isinstance(callee.Child(), callee.Thing)
    assert issubclass(callee.Child, callee.Thing)


def test_taken_out_everything_is_as_it_was(program, callee):
    import builtins
    import concurrent.futures.thread
    import sqlite3
    import unittest.mock

    def everything():
        return (
            [code for _, code in program.codes()],
            (threading.Thread.start.__code__, concurrent.futures.thread._WorkItem.run.__code__),
            (unittest.mock._patch.__enter__.__code__, unittest.mock.CallableMixin.__call__.__code__),
            pytest.MonkeyPatch.undo.__code__,
            (builtins.open, sqlite3.connect, sqlite3.dbapi2.connect),
            (list(sys.meta_path), sys.getrecursionlimit()),
        )

    before = everything()
    weave = program.weave()
    assert weave.count > 10
    assert everything() != before
    weave.take_out()
    assert weave.count == 0
    after = everything()
    assert all(new is old for new, old in zip(after[0], before[0], strict=True))
    assert after == before


def test_weaving_twice_is_weaving_once(program, callee, recorder):
    caller = program.load("caller")
    weave = program.weave(recorder)
    weave.put_in(recorder)
    caller.go()
    assert recorder.names.count("callee.plain") == 1
    weave.take_out()
    assert callee.plain.__code__.co_filename == callee.__file__


def test_code_that_somebody_else_put_in_stays(program, callee):
    weave = program.weave()
    callee.plain.__code__ = other = (lambda a, b, *, c: "other").__code__
    weave.take_out()
    assert callee.plain.__code__ is other


def test_a_recursion_limit_that_the_user_set_stays(program, callee):
    before = sys.getrecursionlimit()
    weave = program.weave()
    sys.setrecursionlimit(before + 7)
    try:
        weave.take_out()
        assert sys.getrecursionlimit() == before + 7
    finally:
        sys.setrecursionlimit(before)


def test_weaving_keeps_no_function_alive(program):
    program.write(callee="def make():\n    def inner():\n        return 1\n    return inner")
    callee = program.load("callee")
    held = [callee.make()]
    weave = program.weave()
    count = weave.count
    held.clear()
    gc.collect()
    assert weave.count == count - 1


def test_functions_that_look_at_their_callers_are_skipped_where_frames_are_visible(program, recorder, traced):
    program.write(
        callee="""
        import inspect, sys
        def direct():
            return sys._getframe(1).f_code.co_name
        def deeper():
            return sys._getframe(2).f_code.co_name
        def between():
            return deeper()
        def modern():
            return inspect.stack()[1].function
        class Log:
            def __init__(self):
                self.where = sys._getframe(1).f_code.co_name
            def get(self):
                return sys._getframe(1).f_code.co_name
        class Unconcerned:
            def __init__(self, known):
                self.known = known
            def look(self):
                return self.known.get("x")
        """,
        caller="""
        import callee
        def scenario():
            log = callee.Log()
            return callee.direct(), callee.between(), callee.modern(), log.where, log.get()
        """,
    )
    caller = program.load("caller")
    bare = caller.scenario()
    assert bare == ("scenario",) * 5
    weave = program.weave(recorder)
    assert caller.scenario() == bare
    skipped = {each.what for each in weave.skipped}
    assert skipped >= {
        f"callee.{name}" for name in ("direct", "deeper", "between", "modern", "Log.__init__", "Log.get")
    }
    assert {each.reason for each in weave.skipped} == {"not woven: looks at its own callers"}
    assert "callee.Unconcerned.__init__" not in skipped


def test_whom_a_code_object_stands_for(program, callee):
    bare = callee.plain.__code__
    weave = program.weave()
    found = weave.callee_of(callee.plain.__code__)
    assert (found.name, found.component, found.parameters) == ("callee.plain", "callee", ("a", "b", "c"))
    assert weave.callee_of(bare) is None
    coroutine = callee.coroutine(1)
    assert weave.callee_of(coroutine.cr_code).name == "callee.coroutine"
    coroutine.close()


def test_a_coroutine_that_is_never_awaited_is_told_by_its_own_name(program, callee):
    program.weave()
    with pytest.warns(RuntimeWarning, match=r"coroutine 'coroutine' was never awaited"):
        callee.coroutine(1)


@pytest.mark.parametrize("late", [False, True], ids=["imported before", "imported after weaving"])
def test_cloudpickle_writes_functions_down_by_value(program, monkeypatch, late):
    pytest.importorskip("cloudpickle", exc_type=ImportError)
    if late:
        for name in [name for name in sys.modules if name.partition(".")[0] == "cloudpickle"]:
            monkeypatch.delitem(sys.modules, name)
    program.write(
        maker="""
        import math
        def make(n):
            def rooted(x):
                return math.sqrt(x) + n
            class Kept:
                def get(self):
                    return rooted(n)
            return rooted, Kept, make_default(n)
        def default(x):
            return x
        def make_default(n):
            return default
        """,
        writer="""
        import maker, pickle
        def written():
            import cloudpickle
            rooted, kept, default = (pickle.loads(cloudpickle.dumps(each)) for each in maker.make(4))
            return rooted(9), kept().get(), default(2), rooted.__code__.co_filename
        """,
    )
    assert program.compare("writer.written").one("maker.make").caller == "writer"
