"""What counts as a lossy transfer, and what only looks like one."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dryfit.model.trace import Transfer

AWARE = dt.datetime(2024, 5, 6, 10, 30, tzinfo=ZoneInfo("Europe/Berlin"))
NAME = "A quite long name of a product, longer than forty characters"


def losses(stage: Any) -> list[tuple[str, str, str]]:
    found = [it for it in stage.end().incidents if isinstance(it, Transfer)]
    return [(it.loss, it.wide, it.narrow) for it in found]


def passed_on(stage: Any, given: object, handed: object) -> list[tuple[str, str, str]]:
    """One component gets ``given`` as its ``amount`` and hands ``handed`` on, under the same name."""

    @stage.of("payment")
    def pay(amount: object) -> None: ...

    @stage.of("order")
    def order(amount: object) -> None:
        pay(handed)

    order(given)
    return losses(stage)


@pytest.mark.parametrize(
    ("given", "handed", "slug"),
    [
        (Decimal("199.97"), 199.97, "decimal-to-float"),
        (Decimal("10"), 10.0, "decimal-to-float"),
        (Decimal("19.99"), 19, "decimal-to-int"),
        (Decimal("19.99"), 20, "decimal-to-int"),
        (19.99, 19, "float-to-int"),
        (AWARE, AWARE.replace(tzinfo=None), "aware-to-naive"),
        (AWARE, AWARE.astimezone(dt.UTC).replace(tzinfo=None), "aware-to-naive"),
        (AWARE, AWARE.date(), "datetime-to-date"),
        (AWARE.replace(tzinfo=None), AWARE.date(), "datetime-to-date"),
        (7, True, "int-to-bool"),
        (NAME, NAME[:40], "text-cut"),
        (NAME, NAME[:25], "text-cut"),
        ({"amount": Decimal("1.50")}, [{"amount": 1.5}], "decimal-to-float"),
    ],
)
def test_narrower_values_are_losses(stage: Any, given: object, handed: object, slug: str) -> None:
    assert [found[0] for found in passed_on(stage, given, handed)] == [slug]


@pytest.mark.parametrize(
    ("given", "handed"),
    [
        (199.97, Decimal("199.97")),
        (5, 5.0),
        (Decimal("5"), 5),
        (5.0, 5),
        (Decimal("19.99"), "19.99"),
        (1, True),
        (0, False),
        (Decimal("19.99"), 18.5),
        (AWARE, AWARE.isoformat()),
        (AWARE, dt.date(1999, 1, 1)),
        ("https://example.org/path", "https://"),
        ("padded text  ", "padded text"),
        ("ABC-123456-XLARGE", "ABC-123456"[:9] + "6"),
        (Decimal("sNaN"), 1.5),
        (Decimal("NaN"), float("nan")),
        (float("inf"), 5),
        ({"password": NAME}, {"password": NAME[:40]}),
    ],
)
def test_other_values_are_not(stage: Any, given: object, handed: object) -> None:
    assert passed_on(stage, given, handed) == []


def test_three_digits_are_enough_without_the_name(stage: Any) -> None:
    assert passed_on(stage, [Decimal("1.25")], {"total": 1.25}) == [
        ("decimal-to-float", "decimal.Decimal", "float")
    ]


def test_two_digits_are_a_coincidence_without_the_name(stage: Any) -> None:
    assert passed_on(stage, {"price": Decimal("1.5")}, {"factor": 1.5}) == []


def test_a_value_that_travels_in_both_forms_is_not_lost(stage: Any) -> None:
    assert passed_on(stage, Decimal("19.99"), {"amount": Decimal("19.99"), "shown": 19.99}) == []


def test_a_value_that_came_as_narrow_as_it_goes_is_not_lost(stage: Any) -> None:
    @stage.of("money")
    def exact(amount: float) -> Decimal:
        return Decimal(str(amount))

    @stage.of("payment")
    def pay(amount: float) -> None: ...

    @stage.of("order")
    def order(amount: float) -> None:
        exact(amount)
        pay(amount)

    order(19.99)
    assert losses(stage) == []


def test_a_value_is_followed_from_one_callee_to_the_next(stage: Any) -> None:
    @stage.of("catalog")
    def price() -> Decimal:
        return Decimal("199.97")

    @stage.of("payment")
    def pay(amount: float) -> None: ...

    @stage.of("order")
    def order() -> None:
        pay(float(price()))

    order()
    (found,) = stage.end().incidents
    assert (found.source, found.target) == ("catalog.price → return", "payment.pay(amount)")
    assert found.seam.caller == "order"
    assert found.seam.callable == "payment.pay"


def test_a_value_is_followed_to_what_comes_back(stage: Any) -> None:
    @stage.of("catalog")
    def price(amount: Decimal) -> float:
        return float(amount)

    @stage.of("order")
    def order() -> None:
        price(Decimal("199.97"))

    order()
    (found,) = stage.end().incidents
    assert (found.source, found.target) == ("catalog.price(amount)", "catalog.price → return")


def test_what_a_getter_returns_has_its_name_without_the_verb(stage: Any) -> None:
    @stage.of("catalog")
    def get_name() -> str:
        return NAME

    @stage.of("labels")
    def draw(name: str) -> None: ...

    @stage.of("order")
    def order() -> None:
        draw(get_name()[:25])

    order()
    assert [found[0] for found in losses(stage)] == ["text-cut"]


def test_what_goes_back_to_the_test_or_to_a_library_is_no_loss(stage: Any) -> None:
    @stage.of("sqlite3", kind="library", effect="write")
    def execute(amount: float) -> None: ...

    @stage.of("order")
    def order(amount: Decimal) -> float:
        execute(float(amount))
        return float(amount)

    order(Decimal("199.97"))
    assert losses(stage) == []


def test_a_value_that_was_handed_on_before_the_wide_one_came_is_no_loss(stage: Any) -> None:
    @stage.of("payment")
    def pay(amount: float) -> None: ...

    @stage.of("catalog")
    def price() -> Decimal:
        return Decimal("199.97")

    @stage.of("order")
    def order() -> None:
        pay(199.97)
        price()

    order()
    assert losses(stage) == []


def test_a_loss_is_told_once(stage: Any) -> None:
    @stage.of("payment")
    def pay(amount: float) -> None: ...

    @stage.of("order")
    def order(amount: Decimal) -> None:
        pay(float(amount))

    for _ in range(20):
        order(Decimal("199.97"))
    assert len(losses(stage)) == 1
