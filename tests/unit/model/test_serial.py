"""Runs came out alike whatever was generated, and differ where an operation was told otherwise or the state differs."""

from __future__ import annotations

import pytest

from dryfit.model.digest import Column, Contents, Digest
from dryfit.model.interleaving import Ended, Interleaving, Run
from dryfit.model.reply import ErrorSeen
from dryfit.model.serial import Masks, came_of, state_of

STOCK = (Column("sku", key=True), Column("left"), Column("touched"))
ORDERS = (Column("id", key=True, generated=True), Column("sku"))


def shop(left: str = "1", touched: str = "null", orders: tuple[str, ...] = ()) -> Digest:
    return Digest(
        (
            Contents("shop", "orders", ORDERS, tuple((order, '"saw"') for order in orders)),
            Contents("shop", "stock", STOCK, (('"saw"', left, touched),)),
        ),
        taken=1_795_366_000.0,
    )


def returned(*leaves: tuple[str, str]) -> Ended:
    return Ended(tuple(leaves))


def raised(name: str) -> Ended:
    return Ended(error=ErrorSeen(0, (name, "builtins.Exception"), "none left"))


def run(*ended: Ended | None, after: Digest) -> Run:
    return Run(Interleaving((), (), "completed"), ended, shop(), after)


def test_the_id_that_a_database_gave_is_no_difference():
    one = run(returned((".id", "7")), after=shop("0", orders=("7",)))
    other = run(returned((".id", "12")), after=shop("0", orders=("12",)))

    assert came_of(one, Masks()) == came_of(other, Masks())


@pytest.mark.parametrize(
    "other",
    [
        run(returned((".left", "0")), raised("shop.SoldOut"), after=shop("-1")),
        run(returned((".left", "0")), returned((".left", "0")), after=shop("0")),
        run(returned((".left", "0")), raised("shop.Refused"), after=shop("0")),
        run(returned((".left", "0")), None, after=shop("0")),
    ],
    ids=["another state", "another reply", "another exception", "no end"],
)
def test_what_was_told_and_what_was_left_tell_runs_apart(other: Run):
    one = run(returned((".left", "0")), raised("shop.SoldOut"), after=shop("0"))

    assert came_of(one, Masks()) != came_of(other, Masks())


def test_two_copies_of_one_operation_may_change_places():
    one = run(returned((".left", "0")), raised("shop.SoldOut"), after=shop("0"))
    other = run(raised("shop.SoldOut"), returned((".left", "0")), after=shop("0"))

    assert came_of(one, Masks(), alike=(0, 0)) == came_of(other, Masks(), alike=(0, 0))
    assert came_of(one, Masks(), alike=(0, 1)) != came_of(other, Masks(), alike=(0, 1))


def test_what_differs_between_two_runs_of_one_order_is_not_compared():
    first = run(returned((".took", "0.12"), (".left", "0")), after=shop("0", touched='"noon"'))
    second = run(returned((".took", "0.31"), (".left", "0")), after=shop("0", touched='"one"'))
    masks = Masks.of([(first, second)])

    assert not masks.differs
    assert came_of(first, masks) == came_of(second, masks)
    assert state_of(first, masks) != state_of(run(after=shop("-1")), masks)


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (
            run(raised("shop.SoldOut"), after=shop("0")),
            "operation 1 ended with a value, and then with shop.SoldOut",
        ),
        (run(returned(), after=shop("0", orders=("7",))), "orders holds 0 rows, and then 1"),
    ],
    ids=["another end", "another row"],
)
def test_a_serial_order_that_differs_from_itself_decides_nothing(second: Run, said: str):
    assert Masks.of([(run(returned(), after=shop("0")), second)]).differs == said
