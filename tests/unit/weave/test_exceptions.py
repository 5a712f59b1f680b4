"""An exception comes out of a woven function as it does out of a bare one: the same object, with the same history."""

import asyncio
import gc
import weakref

import pytest

CALLEE = """
import asyncio

class Mine(Exception):
    def __init__(self, a, b):
        super().__init__(a)
        self.b = b

class Odd(BaseException):
    def __eq__(self, other):
        raise AssertionError("nobody compares exceptions")
    __hash__ = None

def fail(error):
    raise error

def below(error):
    fail(error)

def from_cause(error):
    try:
        raise KeyError("cause")
    except KeyError as cause:
        raise error from cause

def from_none(error):
    try:
        raise KeyError("hidden")
    except KeyError:
        raise error from None

def in_context(error):
    try:
        raise KeyError("context")
    finally:
        raise error

def reraise(error):
    try:
        fail(error)
    except BaseException as caught:
        caught.add_note("seen on the way")
        raise

def group(error):
    raise BaseExceptionGroup("several", [error, ValueError("other")])

def back(error):
    import caller
    try:
        caller.fail(error)
    finally:
        pass

def generator(error):
    yield 1
    fail(error)

async def coroutine(error):
    await asyncio.sleep(0)
    fail(error)

async def async_generator(error):
    yield 1
    await coroutine(error)
"""

CALLER = """
import asyncio
import callee

def fail(error):
    raise error

def plain(name, error):
    getattr(callee, name)(error)

def handling(name, error):
    try:
        raise LookupError("being handled by the caller")
    except LookupError:
        getattr(callee, name)(error)

def generator(name, error):
    for _ in callee.generator(error):
        pass

def thrown(name, error):
    running = callee.generator(None)
    next(running)
    running.throw(error)

def coroutine(name, error):
    asyncio.run(callee.coroutine(error))

async def _iterate(error):
    async for _ in callee.async_generator(error):
        pass

def async_generator(name, error):
    asyncio.run(_iterate(error))
"""

ERRORS = {
    "ValueError": lambda callee: ValueError("x"),
    "KeyError": lambda callee: KeyError("k"),
    "a class with arguments of its own": lambda callee: callee.Mine(1, 2),
    "a BaseException without equality": lambda callee: callee.Odd("odd"),
    "KeyboardInterrupt": lambda callee: KeyboardInterrupt(),
    "SystemExit": lambda callee: SystemExit(3),
    "CancelledError": lambda callee: asyncio.CancelledError("stop"),
    "GeneratorExit": lambda callee: GeneratorExit(),
    "StopIteration": lambda callee: StopIteration(4),
    "StopAsyncIteration": lambda callee: StopAsyncIteration(),
    "RecursionError": lambda callee: RecursionError("deep"),
    "OSError": lambda callee: FileNotFoundError(2, "no such file", "x"),
    "a group": lambda callee: ExceptionGroup("both", [ValueError(1), callee.Mine(1, 2)]),
}

PLAIN = ["fail", "below", "from_cause", "from_none", "in_context", "reraise", "group", "back"]
WAYS = [*(("plain", name) for name in PLAIN), *(("handling", name) for name in PLAIN)]
WAYS += [(way, "") for way in ("generator", "thrown", "coroutine", "async_generator")]


@pytest.fixture
def modules(program):
    program.write(callee=CALLEE, caller=CALLER)
    return program.load("caller"), program.load("callee")


@pytest.mark.parametrize("error", ERRORS)
def test_an_exception_has_the_same_history(program, modules, recorder, tell, error):
    caller, callee = modules

    def all_ways():
        return {
            (way, name): tell(lambda way=way, name=name: getattr(caller, way)(name, ERRORS[error](callee)))
            for way, name in WAYS
        }

    bare = all_ways()
    weave = program.weave(recorder)
    woven = all_ways()
    weave.take_out()
    assert woven == bare
    assert weave.failures == ()
    assert len(recorder.seen) >= len(WAYS)


@pytest.mark.parametrize("error", ERRORS)
def test_an_exception_is_the_same_object(program, modules, error):
    caller, callee = modules
    program.weave()
    made = ERRORS[error](callee)
    with pytest.raises(type(made)) as caught:
        caller.plain("below", made)
    assert caught.value is made


@pytest.mark.parametrize(("way", "name"), WAYS)
def test_no_new_cycle_keeps_an_exception_and_its_arguments_alive(program, modules, recorder, way, name):
    caller, _ = modules

    class Error(Exception):
        pass

    def outlived():
        error = Error()
        seen = weakref.ref(error)
        try:
            getattr(caller, way)(name, error)
        except BaseException:
            del error
        return seen() is not None

    gc.collect()
    gc.disable()
    try:
        bare = outlived()
        program.weave(recorder)
        assert outlived() == bare
        assert outlived() == bare
    finally:
        gc.enable()
    assert recorder.seen


def test_arguments_and_results_live_no_longer(program, recorder):
    program.write(
        callee="""
        import asyncio
        class Value:
            pass
        def give(x):
            return Value()
        def items(x):
            for _ in range(2):
                yield Value()
        async def fetch(x):
            await asyncio.sleep(0)
            return Value()
        """,
        caller="""
        import asyncio, callee, weakref
        def scenario():
            dead = []
            def die(_):
                dead.append(len(dead))
            refs = []
            def watched(value):
                refs.append(weakref.ref(value, die))
                return value
            callee.give(watched(callee.Value()))
            dead.append("given")
            watched(callee.give(None))
            for item in callee.items(watched(callee.Value())):
                watched(item)
                del item
                dead.append("next")
            asyncio.run(callee.fetch(watched(callee.Value())))
            return dead
        """,
    )
    gc.disable()
    try:
        program.compare()
    finally:
        gc.enable()
