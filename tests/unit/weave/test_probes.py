"""What probes may do at a seam, and what becomes of one that fails."""

import asyncio
import sys

import pytest

from dryfit.model.outcome import Raised, Returned
from dryfit.model.probe import Raise, Return

CALLEE = """
ran = []
def plain(x):
    ran.append("plain")
    return x
def generator(x):
    ran.append("generator")
    yield x
    return x
async def coroutine(x):
    ran.append("coroutine")
    return x
async def async_generator(x):
    ran.append("async_generator")
    yield x
"""

CALLER = """
import asyncio
import callee
def plain():
    return callee.plain(1)
def generator():
    def through():
        result = yield from callee.generator(1)
        yield "result", result
    return list(through())
def coroutine():
    return asyncio.run(callee.coroutine(1))
def async_generator():
    async def main():
        return [item async for item in callee.async_generator(1)]
    return asyncio.run(main())
"""

KINDS = ["plain", "generator", "coroutine", "async_generator"]


class Acting:
    """Does one thing before or after every call of the callee."""

    def __init__(self, act=None, outcome=None):
        self.act = act
        self.outcome = outcome
        self.outcomes = []

    def before(self, crossing):
        return self.act if crossing.component == "callee" else None

    def after(self, crossing, outcome):
        if crossing.component != "callee":
            return outcome
        self.outcomes.append(outcome)
        return self.outcome or outcome


@pytest.fixture
def modules(program):
    program.write(callee=CALLEE, caller=CALLER)
    return program.load("caller"), program.load("callee")


@pytest.mark.parametrize("kind", KINDS)
def test_a_raise_in_place_of_the_call(program, modules, kind):
    caller, callee = modules
    error = ConnectionError("no")
    probe = Acting(act=Raise(error))
    program.weave(probe)
    with pytest.raises(ConnectionError) as caught:
        getattr(caller, kind)()
    assert caught.value is error
    assert callee.ran == []
    assert probe.outcomes[0].carries(error)


@pytest.mark.parametrize("kind", KINDS)
def test_a_return_in_place_of_the_call(program, modules, kind):
    caller, callee = modules
    program.weave(Acting(act=Return(5)))
    expected = {"plain": 5, "generator": [("result", 5)], "coroutine": 5, "async_generator": []}
    assert getattr(caller, kind)() == expected[kind]
    assert callee.ran == []


@pytest.mark.parametrize("kind", KINDS)
def test_another_outcome_after_the_call(program, modules, kind):
    caller, callee = modules
    program.weave(Acting(outcome=Returned(7)))
    expected = {"plain": 7, "generator": [1, ("result", 7)], "coroutine": 7, "async_generator": [1]}
    assert getattr(caller, kind)() == expected[kind]
    assert callee.ran == [kind]


@pytest.mark.parametrize("kind", KINDS)
def test_an_exception_after_the_call_stands_alone(program, modules, kind):
    caller, callee = modules
    lost = TimeoutError("the reply was lost")
    program.weave(Acting(outcome=Raised(lost)))
    with pytest.raises(TimeoutError) as caught:
        getattr(caller, kind)()
    assert caught.value is lost
    assert lost.__context__ is None
    assert callee.ran == [kind]


def test_a_swallowed_exception(program, recorder):
    program.write(
        callee="def f():\n    raise ValueError('gone')",
        caller="import callee\ndef go():\n    return callee.f()",
    )
    caller = program.load("caller")
    program.weave(Acting(outcome=Returned("calm")), recorder)
    assert caller.go() == "calm"


def test_probes_are_asked_in_order_and_each_sees_what_the_one_before_made(program, modules):
    caller, _ = modules
    first, second = Acting(outcome=Returned("first")), Acting()
    program.weave(first, second)
    assert caller.plain() == "first"
    assert second.outcomes[0].value == "first"


class Failing:
    def __init__(self, where, error):
        self.where = where
        self.error = error
        self.calls = 0

    def before(self, crossing):
        self.calls += 1
        if self.where == "before":
            raise self.error

    def after(self, crossing, outcome):
        if self.where == "after":
            raise self.error
        return outcome


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_probe_that_fails_is_switched_off_and_named(program, modules, recorder, where, kind):
    caller, _ = modules
    bare = getattr(caller, kind)()
    failing = Failing(where, LookupError("a bug"))
    weave = program.weave(failing, recorder)
    assert getattr(caller, kind)() == bare
    assert getattr(caller, kind)() == bare
    assert failing.calls in {1, 2}  # the outer crossing was under way when the inner one failed
    (failure,) = weave.failures
    assert "probe Failing was switched off: LookupError: a bug" in failure
    assert failure.endswith("please report it")
    assert len(recorder.seen) == 4


def test_an_interrupt_while_a_probe_looks_reaches_the_user(program, modules):
    caller, _ = modules
    weave = program.weave(Failing("before", KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        caller.plain()
    assert weave.failures == ()


def test_a_probe_that_runs_out_of_the_users_stack_only_misses_a_crossing(program):
    program.write(
        callee="def down(n):\n    import caller\n    return caller.down(n)",
        caller="import callee\ndef down(n):\n    return callee.down(n + 1)",
    )
    caller = program.load("caller")

    class Deep:
        calls = 0

        def before(self, crossing):
            self.calls += 1
            self.dig(50)

        def dig(self, n):
            return n and self.dig(n - 1)

        def after(self, crossing, outcome):
            return outcome

    deep = Deep()
    weave = program.weave(deep)
    with pytest.raises(RecursionError):
        caller.down(0)
    assert weave.failures == ()
    calls = deep.calls
    with pytest.raises(RecursionError):
        caller.down(0)
    assert deep.calls > calls
    assert sys.getrecursionlimit() > 1000


def test_without_probes_nothing_changes(program, modules):
    caller, callee = modules
    program.weave()
    assert [getattr(caller, kind)() for kind in KINDS] == [1, [1, ("result", 1)], 1, [1]]
    assert callee.ran == KINDS


def test_crossings_of_interleaved_tasks_keep_apart(program, recorder):
    program.write(
        callee="""
        import asyncio
        import caller
        async def both(name):
            await asyncio.sleep(0)
            await caller.back(name)
        """,
        caller="""
        import asyncio
        async def back(name):
            await asyncio.sleep(0)
        async def go():
            import callee
            await asyncio.gather(*(callee.both(name) for name in "abc"))
        """,
    )
    caller = program.load("caller")
    program.weave(recorder)
    asyncio.run(caller.go())
    tree = sorted((each.above, each.caller, each.name) for each in recorder.seen)
    assert tree == [
        ("<tests>", "<tests>", "caller.go"),
        *[("callee.both", "callee", "caller.back")] * 3,
        *[("caller.go", "caller", "callee.both")] * 3,
    ]


def test_a_suspended_generator_is_not_the_innermost_component(program, recorder):
    program.write(
        callee="def items():\n    yield 1\n    yield 2",
        other="def f():\n    return 3",
        caller="""
        import callee, other
        def go():
            for _ in callee.items():
                other.f()
        """,
    )
    caller = program.load("caller")
    program.weave(recorder)
    caller.go()
    assert [(each.above, each.caller) for each in recorder.seen if each.name == "other.f"] == [
        ("caller.go", "caller"),
        ("caller.go", "caller"),
    ]
