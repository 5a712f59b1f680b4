"""Fakes are kept as they were when they were called, and nothing that they hold is touched."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, cast

import pytest

from dryfit.model.crossing import Callee, Crossing, Site
from dryfit.model.outcome import Raised, Returned
from dryfit.model.seam import Place
from dryfit.model.stand_in import Answer
from dryfit.probes.fakes import MOST_STATES, Fake, Fakes, manner

SITE = Site("till", None, 0, Place("till.py", 3))


def crossing(function: Callable[..., Any], *values: object, name: str = "store.Store.price") -> Crossing:
    code = cast(FunctionType, function).__code__
    parameters = code.co_varnames[: code.co_argcount]
    callee = Callee("store", name, parameters, "stand-in", method=parameters[:1] == ("self",))
    return Crossing(callee, "till", SITE, values, None, "test_sale")


def kept(function: Callable[..., Any], *values: object) -> tuple[Fake, list[str]]:
    """The fake that is kept of one call, and why it is not where it is not."""
    plain = cast(FunctionType, function)
    fakes = Fakes()
    fakes.asked(crossing(function, *values), plain, plain.__code__)
    (fake,) = fakes
    return fake, [each.reason for each in fakes.skipped()]


class Store:
    def __init__(self, **prices: object) -> None:
        self.prices = prices

    def price(self, sku: str) -> object:
        return self.prices.pop(sku, None)


def test_a_method_is_kept_with_a_copy_of_its_instance() -> None:
    store = Store(tea=3)
    (state,) = kept(Store.price, store, "tea")[0].states.values()
    (receiver,) = state.receivers
    assert state.function(receiver, "tea") == 3
    assert (store.prices, state.test, state.site) == ({"tea": 3}, "test_sale", SITE.place)


def test_a_function_is_kept_with_copies_of_what_it_closes_over() -> None:
    asked: list[str] = []

    def price(sku: str, more: list[str] = []) -> int:  # noqa: B006 - a state is what this is about
        asked.append(sku)
        more.append(sku)
        return len(asked) + len(more)

    (state,) = kept(price, "tea", [])[0].states.values()
    assert state.function("rum") == 2
    assert asked == []
    assert price.__defaults__ == ([],)


def test_what_belongs_to_the_program_is_not_copied() -> None:
    class Refused(Exception):
        pass

    def price(sku: str) -> int:
        raise Refused(json.dumps(sku))

    import json

    (state,) = kept(price, "tea")[0].states.values()
    with pytest.raises(Refused):
        state.function("rum")


def test_what_cannot_be_copied_is_the_reason() -> None:
    lock = object()

    def price(sku: str) -> object:
        return lock

    assert kept(price, "tea")[1] == ["the fake holds a value of type object"]
    assert kept(Store.price, Store(tea=lock), "tea")[1] == ["the fake holds a value of type object"]


def test_a_class_in_a_test_must_not_keep_what_the_test_holds() -> None:
    connection = object()

    class Local(Store):
        def close(self) -> object:
            return connection

    fake, reasons = kept(Store.price, Local(tea=3), "tea")
    assert (fake.states, reasons) == ({}, ["the fake holds a value of type object"])


def test_each_state_is_kept_once_up_to_a_bound() -> None:
    fakes, function = Fakes(), cast(FunctionType, Store.price)
    for price in (1, 1, *range(10)):
        fakes.asked(crossing(function, Store(tea=price), "tea"), function, function.__code__)
    (fake,) = fakes
    assert len(fake.states) == MOST_STATES


def test_what_it_gave_belongs_to_its_state() -> None:
    fakes, function = Fakes(), cast(FunctionType, Store.price)
    for price, outcome in ((1, Returned(1)), (2, Raised(KeyError("tea"))), (1, Returned(None))):
        call = crossing(function, Store(tea=price), "tea")
        fakes.asked(call, function, function.__code__)
        fakes.answered(call, outcome)
    (fake,) = fakes
    assert [[answer.type for answer in state.lived] for state in fake.states.values()] == [
        ["int", "NoneType"],
        ["KeyError"],
    ]
    assert Answer("returned", "int") in next(iter(fake.states.values())).lived


def test_a_function_on_the_real_class_has_a_receiver_too() -> None:
    def price(_: object, sku: str) -> int:
        return 3

    name = f"{Store.__module__}.{Store.__qualname__}.price"
    fakes, function = Fakes(), cast(FunctionType, price)
    fakes.asked(crossing(price, Store(), "tea", name=name), function, function.__code__)
    (fake,) = fakes
    assert fake.has_receiver
    assert fake.takes(function).by_position == ("sku",)


def test_the_manner_of_a_call_is_its_types_and_flags() -> None:
    assert manner(("tea", 3)) == manner((("rum",), {"count": 4})) == manner(("oil", 1, None))
    assert manner((True,)) != manner((False,))
    assert manner((1,)) != manner((1.0,))
