"""Runs came out alike whatever was generated, and differ where an operation was told otherwise or the state differs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dryfit.model.digest import Column, Contents, Digest
from dryfit.model.interleaving import Ended, Interleaving, Run, Sent
from dryfit.model.reply import Answered, ErrorSeen
from dryfit.model.serial import Masks, came_of, comes_out_as, left_by

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
    assert left_by(first, masks) != left_by(run(after=shop("-1")), masks)


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


def sent(what: str = "POST https://pay/charges", name: str = "httpx.Client.send", **told: str) -> Sent:
    leaves = ((f".{key}", text) for key, text in told.items())
    return Sent(name, what, (("", f'"{what}"'), *leaves))


def sending(*found: Sent, order: str = "7") -> Run:
    return replace(run(returned(), after=shop("0", orders=(order,))), sent=found)


CHARGE = sent(cents="5")


def test_what_was_sent_tells_runs_apart_and_not_in_which_order():
    mail = sent("mail to ann", "smtplib.SMTP.sendmail")

    assert came_of(sending(CHARGE, mail), Masks()) == came_of(sending(mail, CHARGE), Masks())
    assert came_of(sending(CHARGE), Masks()) != came_of(sending(CHARGE, CHARGE), Masks())
    assert came_of(sending(CHARGE), Masks()) != came_of(sending(sent(cents="6")), Masks())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (sent(order="7"), sent(order="12")),
        (sent("POST https://pay/orders/7/charges"), sent("POST https://pay/orders/12/charges")),
        (sent(text='"Ordered at 11:59:59"'), sent(text='"Ordered at 12:00:00"')),
        (sent(took="1"), sent(took="2")),
    ],
    ids=["an id", "an id in a path", "a time of day", "a time that was measured"],
)
def test_what_is_generated_in_what_was_sent_is_no_difference(one: Sent, other: Sent):
    first, second = sending(one, order="7"), sending(other, order="12")

    assert came_of(first, Masks()) == came_of(second, Masks())


def test_an_id_of_the_serial_orders_is_none_of_another_run_alone():
    """The same number is no id to one run and an id to the other."""
    serial, other = sending(sent(pieces="7"), order="7"), sending(sent(pieces="7"), order="12")
    masks = Masks.of([(serial, serial)])

    assert came_of(serial, masks) == came_of(other, masks)


def test_what_two_runs_of_one_order_send_differently_is_not_compared_but_counted():
    masks = Masks.of([(sending(sent(code="1", cents="5")), sending(sent(code="2", cents="5")))])
    one = sending(sent(code="1", cents="5"))

    assert came_of(one, masks) == came_of(sending(sent(code="3", cents="5")), masks)
    assert came_of(one, masks) != came_of(sending(sent(code="3", cents="6")), masks)
    assert came_of(one, masks) != came_of(sending(*[sent(code="3", cents="5")] * 2), masks)


def test_where_two_runs_of_one_order_send_more_and_less_nothing_is_compared_of_that_callable():
    masks = Masks.of([(sending(CHARGE), sending(CHARGE, CHARGE))])
    mail = sent("mail to ann", "smtplib.SMTP.sendmail")

    assert not masks.differs
    assert came_of(sending(), masks) == came_of(sending(CHARGE), masks) != came_of(sending(mail), masks)


def test_another_status_of_an_answer_is_no_value_to_be_masked():
    served, refused = (
        run(replace(returned(("status", str(status))), answered=Answered(status)), after=shop("0"))
        for status in (200, 409)
    )

    found = Masks.of([(served, refused)])
    assert found.differs == "operation 1 ended with status 200, and then with status 409"
    assert came_of(served, Masks()) != came_of(refused, Masks())


COUNTED = run(returned(("[0].id", "1"), ("[1].id", "2"), ("#2", "2")), after=shop("0", orders=("1", "2")))


@pytest.mark.parametrize(
    ("told", "is_same"),
    [
        ((("[0].id", "1"), ("[1].id", "3"), ("#2", "2")), True),
        ((("[0].id", "3"), ("[1].id", "1"), ("#2", "2")), True),
        ((("[0].id", "1"), ("[1].id", "3"), ("#2", "4")), False),
        ((("[0].id", "1"), ("[1].id", "4"), ("#2", "2")), False),
        ((("[0].id", "1"), ("#2", "2")), False),
    ],
)
def test_what_one_run_was_given_as_an_id_may_be_anothers_count(told, is_same):
    """Two rows, and the second one's id is 2, or 3 where a refused statement has used up a number."""
    other = run(returned(*told), after=shop("0", orders=("1", "3")))

    assert comes_out_as(other, COUNTED, Masks.of([(COUNTED, COUNTED)])) is is_same
    assert comes_out_as(COUNTED, other, Masks()) is is_same


def test_operations_that_do_the_same_may_have_come_in_any_order():
    free = returned(("", "5")), returned(("", "6"))
    one, other = run(*free, after=shop("0")), run(*free[::-1], after=shop("0"))

    assert comes_out_as(one, other, Masks(), (0, 0))
    assert not comes_out_as(one, other, Masks())
    assert not comes_out_as(one, run(free[0], free[0], after=shop("0")), Masks(), (0, 0))
