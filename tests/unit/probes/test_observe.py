"""Counting is exact, folding is bounded, and looking follows the schedule."""

from __future__ import annotations

import contextvars
import gc
import sys
import threading
import weakref
from collections.abc import Iterator
from typing import Any
from unittest.mock import MagicMock

import pytest

from dryfit.model.crossing import Crossing
from dryfit.model.seam import Seam
from dryfit.model.trace import Behaviour, Observations, Trace, TracedCrossing
from dryfit.probes import Observer
from dryfit.probes.behaviours import MOST_BEHAVIOURS


def by_key(seen: Observations) -> dict[str, Behaviour]:
    return {behaviour.key: behaviour for behaviour in seen.behaviours}


def tree(seen: Observations) -> dict[str, int]:
    """Paths through the trace with their counts."""
    known, (trace,) = by_key(seen), seen.traces
    paths: dict[int, str] = {-1: ""}
    counts: dict[str, int] = {}
    for crossing in trace.crossings:
        behaviour = known[crossing.behaviour]
        name = f"{behaviour.seam.callable}->{behaviour.result_type}"
        paths[crossing.index] = f"{paths[crossing.parent]}/{name}".lstrip("/")
        counts[paths[crossing.index]] = counts.get(paths[crossing.index], 0) + crossing.count
    return counts


def test_a_call_is_told_with_its_types_and_shapes(stage: Any) -> None:
    @stage.of("payment")
    def pay(amount: object, card: object) -> object:
        return {"status": "ok"}

    for amount, card in ((19.99, "4111"), (5.0, "4222")):
        pay(amount, card)
    (behaviour,) = stage.end().behaviours
    assert behaviour.seam == Seam("<tests>", "payment", "payment.pay")
    assert [(it.name, it.type, str(it.shape)) for it in behaviour.arguments] == [
        ("amount", "float", "float 5..19.99"),
        ("card", "str", "str (secret)"),
    ]
    assert str(behaviour.result) == "dict{status: str(text)}"


def test_one_call_site_gives_one_behaviour_a_fingerprint(stage: Any) -> None:
    @stage.of("payment")
    def pay(amount: object) -> object:
        if amount is None:
            raise ValueError
        return amount

    for amount in (1, 2, 3, "a", None):
        try:
            pay(amount)
        except ValueError:
            continue
    told = [(it.arguments[0].type, it.outcome, it.result_type) for it in stage.end().behaviours]
    assert sorted(told) == [
        ("NoneType", "raised", "ValueError"),
        ("int", "returned", "int"),
        ("str", "returned", "str"),
    ]


def test_the_trace_is_a_tree_with_exact_counts(stage: Any) -> None:
    @stage.of("stock")
    def take(count: int) -> int:
        return count

    @stage.of("order")
    def order(lines: int) -> str:
        for _ in range(lines):
            take(1)
        return "done"

    for _ in range(100):
        order(7)
    assert tree(stage.end()) == {"order.order->str": 100, "order.order->str/stock.take->int": 700}


def test_different_ends_of_one_call_are_siblings(stage: Any) -> None:
    @stage.of("stock")
    def take(count: int) -> None: ...

    @stage.of("order")
    def order(count: int) -> int | None:
        take(count)
        return count or None

    for count in (0, 1, 0, 1):
        order(count)
    seen = stage.end()
    assert sum(tree(seen).values()) == 8
    assert [crossing.parent for crossing in seen.traces[0].crossings] == [-1, -1, 0]


def test_recursion_across_components_folds(stage: Any) -> None:
    @stage.of("ping")
    def ping(depth: int) -> int:
        return pong(depth - 1) if depth else 0

    @stage.of("pong")
    def pong(depth: int) -> int:
        return ping(depth - 1) if depth else 0

    ping(101)
    seen = stage.end()
    assert sum(tree(seen).values()) == 102
    assert len(seen.traces[0].crossings) == 3


def test_looks_follow_the_schedule_and_only_news_is_told(stage: Any) -> None:
    @stage.of("stock")
    def take(count: int) -> None: ...

    def calls(numbers: Iterator[int]) -> None:
        for count in numbers:
            take(count)

    def highest(told: Observations) -> float | None:
        found = told.behaviours
        return found[0].arguments[0].shape.forms[0].high if found else None

    calls(iter(range(1, 8)))
    assert highest(stage.end()) == 4
    calls(iter(range(8, 16)))
    assert highest(stage.end()) is None, "what is known better can wait"
    assert highest(stage.observer.flush()) == 8
    calls(iter(range(16, 18)))
    assert highest(stage.observer.flush()) == 16
    assert highest(stage.observer.flush()) is None


def test_a_dear_look_puts_the_next_one_off(stage: Any) -> None:
    @stage.of("stock")
    def take(lines: tuple[int, ...]) -> None: ...

    for length in range(20, 45):
        take(tuple(range(length)))
    (behaviour,) = stage.end().behaviours
    assert behaviour.arguments[0].shape.forms[0].low == 20
    assert 22 < (behaviour.arguments[0].shape.forms[0].high or 0) < 40


def test_the_call_sites_of_tests_share_their_looks(stage: Any) -> None:
    @stage.of("stock")
    def take(count: int) -> None: ...

    take(1)
    take(2)
    take(3)
    take(4)
    take(5)
    take(6)
    highest = [each.arguments[0].shape.forms for each in stage.end().behaviours]
    assert len(highest) == 6, "each site has its record"
    assert sorted(forms[0].high or 0 for forms in highest if forms) == [1, 2, 3, 4]


def test_the_same_input_gives_the_same_record(stage: Any) -> None:
    def told(stage: Any) -> Observations:
        @stage.of("stock")
        def take(order: object) -> object:
            return order

        values = [1, "a", {"id": 5}, {7, 3, 5}, [1.5] * 100, None]
        for count in range(200):
            take(values[count % 6])
        seen: Observations = stage.end()
        return seen

    one, two = told(stage), told(type(stage)())
    assert one.behaviours == two.behaviours
    assert [it.count for it in one.traces[0].crossings] == [it.count for it in two.traces[0].crossings]


class Hostile(type):
    def __getattribute__(cls, name: str) -> Any:
        raise AssertionError(name)

    def __hash__(cls) -> int:
        raise AssertionError("hash")

    def __eq__(cls, other: object) -> bool:
        raise AssertionError("eq")


class Touchy(metaclass=Hostile):
    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(name)

    __len__ = __iter__ = __repr__ = __eq__ = __hash__ = __bool__ = __getattribute__  # type: ignore[assignment]


def test_nothing_of_the_user_is_touched_on_the_whole_way(stage: Any) -> None:
    @stage.of("stock")
    def take(one: int, many: list[Any], named: dict[str, Touchy]) -> object:
        return many[0]

    @stage.of("order")
    def order(one: object) -> object:
        return take(one, [one], {"one": one})

    for _ in range(5):
        order(Touchy())
    seen = stage.end()
    assert seen.warnings == ()
    assert {it.result_type for it in seen.behaviours} == {f"{__name__}.Touchy"}
    assert [it.found for it in seen.incidents] == [f"{__name__}.Touchy"]


def test_a_used_up_stack_is_the_users_affair(stage: Any) -> None:
    @stage.of("ping")
    def ping() -> None:
        pong()

    @stage.of("pong")
    def pong() -> None:
        ping()

    with pytest.raises(RecursionError):
        ping()
    assert stage.end().warnings == ()


@pytest.mark.parametrize("threads", [8])
def test_counts_are_exact_with_threads(stage: Any, threads: int) -> None:
    @stage.of("stock")
    def take(count: int) -> int:
        return count

    @stage.of("order")
    def order() -> None:
        for _ in range(300):
            take(1)

    barrier, driver = threading.Barrier(threads), stage.current.get()

    def work() -> None:
        stage.current.set(driver)
        barrier.wait()
        for _ in range(5):
            order()

    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        workers = [threading.Thread(target=work) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    finally:
        sys.setswitchinterval(switch)
    counts = tree(stage.end())
    assert counts == {
        "order.order->NoneType": threads * 5,
        "order.order->NoneType/stock.take->int": threads * 1500,
    }


def test_what_comes_after_the_end_of_its_test_is_late(stage: Any) -> None:
    @stage.of("stock")
    def take(count: int) -> int:
        return count

    @stage.of("order")
    def order() -> None:
        for _ in range(10):
            take(1)
        first.append(stage.end())
        for _ in range(5):
            take(1)

    first: list[Observations] = []
    order()
    assert sum(crossing.count for crossing in first[0].traces[0].crossings) == 10
    late = stage.observer.flush()
    assert [(trace.test, trace.outcome) for trace in late.traces] == [("a test", "passed")]
    assert sum(crossing.count for crossing in late.traces[0].crossings) == 6
    assert stage.observer.flush() == Observations()


def test_calls_outside_of_a_test_leave_behaviours_only(stage: Any) -> None:
    @stage.of("stock")
    def take() -> None: ...

    stage.begin("")
    take()
    told = stage.observer.flush()
    assert told.traces == ()
    assert len(told.behaviours) == 1


def test_each_test_has_its_own_tree(stage: Any) -> None:
    @stage.of("stock")
    def take() -> None: ...

    def calls(test: str, times: int) -> TracedCrossing:
        stage.begin(test)
        for _ in range(times):
            take()
        (crossing,) = stage.end(test).traces[0].crossings
        return crossing

    assert [calls("one", 3).count, calls("two", 5).count] == [3, 5]


def test_many_behaviours_become_one(stage: Any) -> None:
    @stage.of("stock")
    def take(value: object) -> None: ...

    for number in range(MOST_BEHAVIOURS + 10):
        take(type(f"Made{number}", (), {})())
    seen = stage.end()
    assert len(seen.behaviours) == MOST_BEHAVIOURS + 1
    assert sum(tree(seen).values()) == MOST_BEHAVIOURS + 10


def test_classes_made_at_every_call_are_let_go(stage: Any) -> None:
    @stage.of("stock")
    def take(value: object) -> object:
        return value

    made: list[weakref.ref[type]] = []
    for _ in range(2000):
        cls = type("Made", (), {})
        made.append(weakref.ref(cls))
        take(cls())
    del cls
    gc.collect()
    assert sum(ref() is not None for ref in made) < 1000
    seen = stage.end()
    gc.collect()
    assert all(ref() is None for ref in made)
    assert len(seen.behaviours) == 1
    assert sum(tree(seen).values()) == 2000


class Thing:
    pass


def test_nothing_of_the_user_is_kept_beyond_the_call(stage: Any) -> None:
    @stage.of("stock")
    def take(thing: Thing, things: list[Thing]) -> Thing:
        return Thing()

    @stage.of("order")
    def order(thing: Thing) -> Thing:
        return take(thing, [Thing()])  # type: ignore[no-any-return]

    for _ in range(5):
        given = Thing()
        got = order(given)
        refs = [weakref.ref(given), weakref.ref(got)]
        del given, got
        gc.collect()
        assert [ref() for ref in refs] == [None, None]


def test_a_stand_in_is_told_and_makes_what_is_above_it_weak(stage: Any) -> None:
    @stage.of("gateway", kind="stand-in", stands_for="gateway.Gateway.charge")
    def charge(self: object, amount: int) -> str:
        return "ok"

    @stage.of("payment")
    def pay(mocked: bool) -> str:
        return str(charge(MagicMock(), 5)) if mocked else "ok"

    @stage.of("order")
    def order(mocked: bool) -> None:
        pay(mocked)

    for mocked in (True, False, True, True):
        order(mocked)
    told = stage.end().behaviours
    assert {(it.seam.callable, it.stand_in, it.weak) for it in told} == {
        ("gateway.Gateway.charge", "MagicMock", False),
        ("payment.pay", "", True),
        ("payment.pay", "", False),
        ("order.order", "", True),
        ("order.order", "", False),
    }


def test_a_failure_of_its_own_is_a_warning(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("dryfit.probes.look.Look.at", broken)

    @stage.of("stock")
    def take(count: int) -> int:
        return count

    assert [take(n) for n in range(3)] == [0, 1, 2]
    assert "ZeroDivisionError" in stage.end().warnings[0]


def test_an_outcome_for_a_crossing_it_never_saw_is_ignored(stage: Any) -> None:
    from dryfit.model.outcome import Returned

    driver: Crossing = stage.current.get()
    outcome = Returned(1)
    assert stage.observer.after(driver, outcome) is outcome
    assert stage.end().behaviours == ()


def test_a_later_test_tells_only_what_it_did_in_its_own_order(stage: Any) -> None:
    @stage.of("stock")
    def take() -> None: ...

    @stage.of("stock")
    def give() -> None: ...

    @stage.of("order")
    def order(*steps: Any) -> None:
        for step in steps:
            step()

    def paths(test: str, *steps: Any) -> list[str]:
        stage.begin(test)
        order(*steps)
        seen = stage.end(test)
        known.update(by_key(seen))
        return [
            f"{crossing.parent}:{known[crossing.behaviour].seam.callable}×{crossing.count}"
            for crossing in seen.traces[0].crossings
        ]

    known: dict[str, Behaviour] = {}
    assert paths("one", take, give, give) == ["-1:order.order×1", "0:stock.take×1", "0:stock.give×2"]
    assert paths("two", give, take) == ["-1:order.order×1", "0:stock.give×1", "0:stock.take×1"]
    assert paths("three", take) == ["-1:order.order×1", "0:stock.take×1"]


def test_a_thread_that_outlives_its_test_counts_for_no_other(stage: Any) -> None:
    @stage.of("stock")
    def take() -> None: ...

    @stage.of("order")
    def order() -> None:
        for _ in range(4):
            take()

    @stage.of("worker")
    def work(goes_on: bool) -> None:
        order()
        if goes_on:
            first.append(stage.end("one"))
            stage_of_two.run(second_test)
        order()

    def second_test() -> None:
        stage.begin("two")
        work(False)
        order()

    first: list[Observations] = []
    stage_of_two = contextvars.copy_context()
    stage.begin("one")
    work(True)
    second = stage.end("two")
    late = stage.observer.flush()
    known = by_key(first[0]) | by_key(second) | by_key(late)

    def counts(trace: Trace) -> dict[str, int]:
        found: dict[str, int] = {}
        for crossing in trace.crossings:
            name = known[crossing.behaviour].seam.callable
            found[name] = found.get(name, 0) + crossing.count
        return found

    assert counts(first[0].traces[0]) == {"order.order": 1, "stock.take": 4}
    assert counts(second.traces[0]) == {"worker.work": 1, "order.order": 3, "stock.take": 12}
    assert [trace.test for trace in late.traces] == ["one"]
    assert counts(late.traces[0]) == {"worker.work": 1, "order.order": 1, "stock.take": 4}


def test_classes_of_one_test_are_not_kept_for_the_next(stage: Any) -> None:
    @stage.of("stock")
    def take(value: object) -> object:
        return value

    def calls(test: str) -> tuple[int, weakref.ref[type]]:
        stage.begin(test)
        cls = type(f"Made{test}", (), {})
        for _ in range(5):
            take(cls())
        (crossing,) = stage.end(test).traces[0].crossings
        return crossing.count, weakref.ref(cls)

    for number in range(3 * MOST_BEHAVIOURS):
        count, made = calls(str(number))
        assert count == 5
        gc.collect(0)
    stage.begin("the next")
    gc.collect()
    assert made() is None


def test_what_tests_hand_over_is_met_in_each_of_them(stage: Any) -> None:
    met: list[str] = []
    stage.observer = Observer(stage.callees.get, lambda file: None, meet=lambda it: met.append(it.test))

    @stage.of("stock")
    def take(value: object) -> None: ...

    for test in ("one", "two"):
        stage.begin(test)
        for _ in range(3):
            take(1)
        stage.end(test)
    assert met == ["one", "two"]


def test_a_tree_that_has_grown_large_is_begun_anew(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dryfit.probes.observe.MOST_KEPT", 0)

    @stage.of("stock")
    def take() -> None: ...

    def count(test: str) -> int:
        stage.begin(test)
        for _ in range(3):
            take()
        (crossing,) = stage.end(test).traces[0].crossings
        return int(crossing.count)

    assert [count("one"), count("two"), count("one")] == [3, 3, 3]
