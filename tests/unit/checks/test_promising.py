"""Which tests get a baseline first, and which get none."""

from __future__ import annotations

from dataclasses import replace

from dryfit.checks.promising import Promising
from dryfit.model.seam import DRIVER
from dryfit.model.trace import Trace, TracedCrossing

FAILS = {"payment.Processor.pay": ("payment.Refused",)}


def seen(make, **tests):
    """What was seen of tests: the seconds that each took, and the behaviours below its entry."""
    entry = make.behaviour("order.buy", caller=DRIVER)
    traces = []
    for name, (seconds, *below) in tests.items():
        first = TracedCrossing(0, -1, entry.key, 1, 0.0)
        rest = (TracedCrossing(number, 0, each.key, 1, 0.0) for number, each in enumerate(below, 1))
        traces.append(Trace(name, "passed", seconds, (first, *rest)))
    behaviours = {each.key: each for _, *below in tests.values() for each in below} | {entry.key: entry}
    return replace(make.observations(), behaviours=tuple(behaviours.values()), traces=tuple(traces))


def test_tests_that_show_a_new_call_that_may_fail_come_first(make):
    pay, count = make.behaviour(), make.behaviour("stock.count", place=make.place(20))
    writes = make.behaviour("sqlite3.Connection.execute", place=make.place(30), effect="write")
    observed = seen(
        make,
        slow=(1.0, pay),
        counts=(0.001, count),
        pays=(0.001, pay),
        saves=(0.001, pay, writes),
        again=(0.001, writes),
    )
    tests = ("slow", "counts", "pays", "saves", "again", "unknown")
    first, rest = Promising(observed, FAILS).batches(tests)
    assert first == ("pays", "saves")
    assert set(rest) == {"slow", "again", "unknown"}


def test_what_a_stand_in_answers_cannot_fail(make):
    fake = make.behaviour("sqlite3.Connection.execute", effect="write", stand_in="Mock")
    assert Promising(seen(make, only=(0.1, fake)), FAILS).batches(["only"]) == ((), ())


def test_what_the_test_itself_calls_does_not_count(make):
    own = make.behaviour(caller=DRIVER)
    assert Promising(seen(make, only=(0.1, own)), FAILS).batches(["only"]) == ((), ())


def test_where_nothing_can_fail_comes_last_if_it_is_wanted_at_all(make):
    observed = seen(make, counts=(0.001, make.behaviour("stock.count")), pays=(0.1, make.behaviour()))
    assert Promising(observed, FAILS, others=True).batches(["counts", "pays"]) == (("pays",), ("counts",))
