"""Crossings that repeat each other are counted by the loop itself, and nothing is lost by that."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from unittest.mock import Mock

import pytest

from dryfit.probes import Observer

CALLER = """
import callee

def repeat(times, value, function=callee.take):
    for _ in range(times):
        function(value)

def mixed(values):
    return [callee.take(value) for value in values]

def failing(times):
    for place in range(times):
        try:
            callee.refuse(place)
        except ValueError:
            pass

def sending(times, outbox):
    for _ in range(times):
        callee.send(outbox)
"""

CALLEE = """
def take(value):
    return value

def refuse(place):
    if place % 3 == 0:
        raise ValueError(place)
    return place

def send(outbox):
    outbox.post("x")
"""


@pytest.fixture
def watched(program):
    """The caller's module, and what an observer tells after one test."""
    program.write(caller=CALLER, callee=CALLEE)
    caller = program.load("caller")
    observer = Observer(lambda code: None, lambda file: None)
    weave = program.weave(observer)

    def tell(test="test_it"):
        seen = observer.finish(test, "passed", 0.1)
        assert weave.failures == ()
        assert seen.warnings == ()
        return seen

    return caller, tell, weave


def counts(seen, callable_):
    """How often each behaviour of a callable was counted, by outcome, type and whether it is weak."""
    told = {each.key: each for each in seen.behaviours if each.seam.callable == callable_}
    found = {}
    for crossing in seen.traces[0].crossings:
        if crossing.behaviour in told:
            known = told[crossing.behaviour]
            key = (known.outcome, known.result_type, known.weak)
            found[key] = found.get(key, 0) + crossing.count
    return found


def test_every_repetition_counts(watched):
    caller, tell, _ = watched
    caller.repeat(1000, 7)
    assert counts(tell(), "callee.take") == {("returned", "int", False): 1000}


class Asked(Observer):
    """Knows how often it was asked."""

    asked = 0

    def before(self, crossing):
        self.asked += 1
        return super().before(crossing)


def test_nobody_is_asked_about_repetitions(program):
    program.write(caller=CALLER, callee=CALLEE)
    observer = Asked(lambda code: None, lambda file: None)
    caller = program.load("caller")
    program.weave(observer)
    caller.repeat(1000, 7)
    assert counts(observer.finish("test_it", "passed", 0.1), "callee.take") == {
        ("returned", "int", False): 1000
    }
    assert observer.asked < 100


def test_the_types_are_exact_on_every_crossing(watched):
    caller, tell, _ = watched
    caller.mixed([1] * 50 + [True] + [1] * 50 + [2.0] + [1] * 50)
    expected = {
        ("returned", "int", False): 150,
        ("returned", "bool", False): 1,
        ("returned", "float", False): 1,
    }
    assert counts(tell(), "callee.take") == expected


def test_exceptions_and_results_of_one_site_are_told_apart(watched):
    caller, tell, _ = watched
    caller.failing(300)
    assert counts(tell(), "callee.refuse") == {
        ("raised", "ValueError", False): 100,
        ("returned", "int", False): 200,
    }


def test_looks_go_on_by_the_schedule(watched):
    caller, tell, _ = watched
    caller.mixed(range(1, 101))
    (behaviour,) = (each for each in tell().behaviours if each.seam.callable == "callee.take")
    (form,) = behaviour.arguments[0].shape.forms
    assert (form.low, form.high) == (1, 64)


def test_a_stand_in_below_makes_that_repetition_weak(watched):
    caller, tell, _ = watched

    class Outbox:
        silent, mock = True, Mock()

        def post(self, text):
            if not self.silent:
                self.mock.post(text)

    outbox = Outbox()
    caller.sending(20, outbox)
    outbox.silent = False
    caller.sending(5, outbox)
    outbox.silent = True
    caller.sending(20, outbox)
    expected = {("returned", "NoneType", False): 40, ("returned", "NoneType", True): 5}
    assert counts(tell(), "callee.send") == expected


def test_a_stand_in_that_a_component_calls_makes_its_callers_weak(watched):
    caller, tell, _ = watched

    class Quiet:
        def post(self, text):
            return None

    caller.sending(20, Quiet())
    caller.sending(7, Mock())
    seen = tell()
    assert counts(seen, "callee.send") == {
        ("returned", "NoneType", False): 20,
        ("returned", "NoneType", True): 7,
    }


def test_each_test_counts_for_itself(watched):
    caller, tell, weave = watched
    caller.repeat(100, 7)
    first = tell()
    weave.begin_test("test_next")
    caller.repeat(10, 7)
    second = tell("test_next")
    assert counts(first, "callee.take") == {("returned", "int", False): 100}
    assert sorted(crossing.count for crossing in second.traces[0].crossings) == [1, 10]


def test_counts_are_exact_with_threads(watched):
    caller, tell, _ = watched
    with ThreadPoolExecutor(4) as pool:
        for _ in range(8):
            pool.submit(caller.repeat, 500, 7)
    assert counts(tell(), "callee.take") == {("returned", "int", False): 4000}


def test_what_goes_on_after_its_test_is_late(program, watched):
    caller, tell, _ = watched
    going, stop = threading.Event(), threading.Event()
    times = iter([going.set, stop.wait])

    def step(_):
        next(times, lambda: None)()

    thread = threading.Thread(target=caller.repeat, args=(50, 1, step))
    thread.start()
    going.wait()
    caller.repeat(30, 7)
    assert counts(tell(), "callee.take") == {("returned", "int", False): 30}
    stop.set()
    thread.join()


def test_what_goes_on_after_its_test_does_not_count_for_the_next(program):
    program.write(caller=CALLER, callee=CALLEE)
    caller = program.load("caller")
    observer = Observer(lambda code: None, lambda file: None)
    weave = program.weave(observer)

    class Outbox:
        posted = 0

        def post(self, text):
            self.posted += 1
            if self.posted == 20:
                told.append(observer.finish("test_it", "passed", 0.1))
                weave.begin_test("test_next")
                Context().run(caller.sending, 7, Silent())

    class Silent:
        def post(self, text):
            pass

    told = []
    caller.sending(30, Outbox())
    Context().run(caller.sending, 5, Silent())
    told += [observer.finish("test_next", "passed", 0.1), observer.flush()]
    found = [
        (trace.test, sorted(each.count for each in trace.crossings)) for it in told for trace in it.traces
    ]
    assert found == [("test_it", [19]), ("test_next", [1, 1, 5, 7]), ("test_it", [1, 11])]


def test_another_probe_sees_every_crossing(program, recorder):
    program.write(caller=CALLER, callee=CALLEE)
    caller = program.load("caller")
    program.weave(Observer(lambda code: None, lambda file: None), recorder)
    caller.repeat(40, 7)
    assert recorder.names.count("callee.take") == 40
