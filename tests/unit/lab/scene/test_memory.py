"""State that components keep in memory: seen at the boundaries of entries, and nothing of the user's runs."""

from __future__ import annotations

from contextlib import suppress

import pytest
from tests.states import state

from dryfit.model.digest import diff


@pytest.fixture
def shop(stage):
    stage.write(
        stock="""
        from dataclasses import dataclass, field
        from functools import cached_property, lru_cache

        STOCK = {"tea": 3, "rum": 1}
        SOLD = []
        password = "hunter2"
        last_error = None
        CACHE = {}

        class Shelf:
            names = set()

            def __init__(self, size):
                self._size = size
                self.things = {}
                self.retry_count = 0
                self.on_change = lambda: None

            def __eq__(self, other):
                raise AssertionError("nobody compares")

            __hash__ = None

            def __getattr__(self, name):
                raise AssertionError("nobody asks")

            def put(self, what, fails=False):
                self.things[what] = self.things.get(what, 0) + 1
                self.retry_count += 1
                if fails:
                    raise ValueError(what)
                self._size -= 1

        class Desk:
            _clock = None

            def __init__(self):
                self._till = None
                self.clerk = None
                self._sold = []

            @cached_property
            def forms(self):
                return ["bill"]

            def open(self):
                self._till = "open"
                self._clock = self._clock or "9:00"
                self.clerk = "ann"
                self._sold.append(self.forms[0])

        @dataclass
        class Order:
            id: int
            what: str
            status: str = "new"

        ORDERS = {}

        def take(what, count=1):
            global last_error, password
            CACHE[what] = count
            STOCK[what] -= count
            if STOCK[what] < 0:
                last_error = what
                raise ValueError(what)
            SOLD.append(what)

        def order(number, what):
            ORDERS[number] = Order(number, what)

        def pay(order):
            order.status = "paid"

        def change(new):
            global password
            password = new

        def visit(shelf):
            inner(shelf)

        def inner(shelf):
            shelf.put("tea")
        """,
        till="""
        import stock

        class Till:
            def __init__(self):
                self.shelf = stock.Shelf(5)
                self.total = 0

            def sell(self, what):
                self.total += 1
                self.shelf.put(what)
                stock.take(what)
        """,
    )
    return stage.load("stock")


def changes(boundary):
    return [str(change) for change in diff(boundary.before, boundary.after)]


def test_variables_of_modules(stage, shop):
    with stage.trial() as trial:
        shop.take("tea")
    assert changes(trial.boundaries[0]) == [
        'stock.SOLD: 1 row added (value="tea")',
        'stock.STOCK: 1 row changed (key="tea": value 3 → 2)',
    ]


def test_a_state_in_between_is_neither(stage, shop):
    shown = []
    for what in ("tea", "rum", "rum"):
        with stage.trial() as trial:
            with suppress(ValueError):
                shop.take(what, 1 if what == "tea" else 2)
            shown.append(trial)
        shop.STOCK.update(tea=3, rum=1)
        shop.SOLD.clear()
    success, failed, again = (trial.boundaries[0] for trial in shown)
    assert state(failed.before, success.after, failed.after) == "other"
    assert state(again.before, failed.after, again.after) == "success"


def test_attributes_of_receivers(stage, shop):
    with stage.trial() as trial:
        one, two = shop.Shelf(5), shop.Shelf(7)
        two.put("tea")
        with pytest.raises(ValueError, match="rum"):
            one.put("rum", fails=True)
    put, failed = trial.boundaries[2:]
    assert changes(put) == [
        "stock.Shelf._size: 1 row changed (object=2: value 7 → 6)",
        'stock.Shelf.things: 1 row added (object=2, key="tea", value=1)',
    ]
    assert changes(failed) == ['stock.Shelf.things: 1 row added (object=1, key="rum", value=1)']


def test_what_a_receiver_holds_belongs_to_it(stage, shop):
    till = stage.load("till")
    with stage.trial() as trial:
        desk = till.Till()
        desk.sell("tea")
    places = [change.partition(":")[0] for change in changes(trial.boundaries[1])]
    assert sorted(set(places)) == [
        "stock.SOLD",
        "stock.STOCK",
        "stock.Shelf._size",
        "stock.Shelf.things",
        "till.Till.total",
    ]


def test_what_is_made_when_it_is_first_asked_for_is_no_state(stage, shop):
    with stage.trial() as trial:
        desk = shop.Desk()
        desk.open()
        desk.open()
    assert changes(trial.boundaries[1]) == [
        'stock.Desk._sold: 1 row added (object=1, value="bill")',
        'stock.Desk.clerk: 1 row added (object=1, value="ann")',
    ]
    assert changes(trial.boundaries[2]) == ['stock.Desk._sold: 1 row added (object=1, value="bill")']


def test_what_an_entry_makes_is_no_state_of_its_own(stage, shop):
    with stage.trial() as trial:
        shop.Shelf(5)
    assert changes(trial.boundaries[0]) == []


def test_an_argument_counts_once_it_is_a_receiver(stage, shop):
    with stage.trial() as trial:
        order = shop.Order(1, "tea")
        shop.pay(order)
    assert changes(trial.boundaries[-1]) == []


def test_objects_in_a_mapping_are_rows(stage, shop):
    with stage.trial() as trial:
        shop.order(7, "tea")
    assert changes(trial.boundaries[0]) == [
        'stock.ORDERS: 1 row added (key=<id 1>, id=<id 1>, status="new", what="tea")'
    ]


def test_what_an_application_keeps_for_its_program(stage):
    stage.write(
        api="""
        from fastapi import FastAPI

        app = FastAPI()
        app.state.router = app.router

        def bid(lot, cents):
            app.state.bids = {lot: cents}
        """
    )
    api = stage.load("api")
    with stage.trial() as trial:
        api.bid("clock", 500)
    assert changes(trial.boundaries[0]) == ['api.app.state: 1 row added (key="bids", clock=500)']


def test_secrets_are_not_shown(stage, shop):
    with stage.trial() as trial:
        shop.change("swordfish")
    shown = changes(trial.boundaries[0])
    assert [change.partition(":")[0] for change in shown] == ["stock.password", "stock.password"]
    assert "swordfish" not in str(trial.boundaries)
    assert "hunter2" not in str(trial.boundaries)


def test_too_much_is_left_out_and_said(stage, shop):
    shop.SOLD.extend(range(1000))
    with stage.trial() as trial:
        shop.take("tea")
    assert trial.boundaries[0].after.skipped == ((("memory", "stock.SOLD"), "more than 500 items"),)


def test_what_is_equal_and_of_another_type_is_another_value(stage):
    stage.write(
        flags="""
        open_now = 1

        def close():
            global open_now
            open_now = True
        """
    )
    flags = stage.load("flags")
    with stage.trial() as trial:
        flags.close()
    assert changes(trial.boundaries[0]) == [
        "flags.open_now: 1 row added (value=true)",
        "flags.open_now: 1 row removed (value=1)",
    ]


def test_values_of_a_users_class_are_not_compared(stage):
    stage.write(
        names="""
        asked = []

        class Odd(type):
            def __eq__(self, other):
                asked.append("equal")
                return False

            __hash__ = None

        class Name(str, metaclass=Odd):
            def __hash__(self):
                asked.append("hash")
                return 0

        name = Name("ann")

        def rename():
            global name
            name = Name("bob")
        """
    )
    names = stage.load("names")
    with stage.trial() as trial:
        names.rename()
    assert trial.boundaries
    assert names.asked == []
