"""States compare as equal whatever ids, times and secrets were generated, and as different for any other change."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.states import state

from dryfit.model.digest import (
    Cells,
    Change,
    Column,
    Contents,
    Digest,
    canonical,
    combine,
    diff,
    difference,
)

NOW = 1_795_366_000.0  # 2026-11-22T16:46:40Z

ORDERS = (Column("id", key=True, generated=True), Column("total"), Column("created_at"))
LINES = (Column("order_id", key=True, references="orders"), Column("n", key=True), Column("sku"))


def orders(*rows: tuple[str, ...]) -> Contents:
    return Contents("shop", "orders", ORDERS, rows)


def lines(*rows: tuple[str, ...]) -> Contents:
    return Contents("shop", "lines", LINES, rows)


def digest(*contents: Contents) -> Digest:
    return replace(combine([Digest(contents)]), taken=NOW)


BEFORE = digest(orders(("1", "5.00", '"2026-01-01T00:00:00"')), lines(("1", "1", '"saw"')))


def placed(number: str, created: str, total: str = "199.99", refers: str = "") -> Digest:
    return digest(
        orders(*BEFORE.places["shop", "orders"].rows, (number, total, f'"{created}"')),
        lines(*BEFORE.places["shop", "lines"].rows, (refers or number, "1", '"nail"')),
    )


SUCCESS = placed("7", "2026-11-22T16:46:40.123456+00:00")


def test_the_same_after_success_whatever_was_generated():
    assert state(BEFORE, SUCCESS, placed("12", "2026-11-22 16:46:59")) == "success"


def test_nothing_happened():
    assert state(BEFORE, SUCCESS, BEFORE) == "before"


@pytest.mark.parametrize(
    "now",
    [
        placed("7", "2026-11-22T16:46:40.5", total="0.00"),
        placed("7", "2026-11-22T16:46:40.5", refers="1"),
        placed("7", "2026-12-24T18:00:00"),
        digest(placed("7", "2026-11-22T16:46:40.5").places["shop", "orders"], BEFORE.places["shop", "lines"]),
        digest(BEFORE.places["shop", "orders"]),
    ],
    ids=["another total", "the wrong order's line", "a day that somebody chose", "no line", "a line too few"],
)
def test_any_other_change_counts(now):
    assert state(BEFORE, SUCCESS, now) == "other"


def test_a_diff_is_read_by_people():
    assert [str(change) for change in diff(BEFORE, SUCCESS)] == [
        'lines: 1 row added (order_id=<id 1>, n=1, sku="nail")',
        "orders: 1 row added (id=<id 1>, total=199.99, created_at=<time>)",
    ]


def test_a_diff_tells_changed_and_removed_rows():
    after = digest(orders(("1", "6.00", '"2026-01-01T00:00:00"')), lines())
    assert diff(BEFORE, after) == (
        Change("shop", "lines", "rows removed", 1, ('order_id=1, n=1, sku="saw"',)),
        Change("shop", "orders", "rows changed", 1, ("id=1: total 5.00 → 6.00",)),
    )


def test_a_reference_needs_no_declaration():
    columns = (Column("order_id"), Column("text"))
    notes = [Contents("shop", "notes", columns, ((number, '"hello"'),)) for number in ("7", "12")]
    one = digest(orders(("7", "1", "null")), notes[0])
    same = digest(orders(("12", "1", "null")), notes[1])
    dangling = digest(orders(("12", "1", "null")), notes[0])
    assert state(Digest(), one, same) == "success"
    assert state(Digest(), one, dangling) == "other"


def test_an_id_is_found_within_texts():
    mails = Contents("mail", "inbox", (Column("subject"),))
    first, second = (
        digest(
            Contents("shop", "orders", (Column("id", key=True),), ((f'"{number}"',),)),
            replace(mails, rows=((f'"order {number} is paid"',),)),
        )
        for number in (uuid.uuid4(), uuid.uuid4())
    )
    assert state(Digest(), first, second) == "success"
    assert [str(change) for change in diff(Digest(), first)] == [
        'inbox: 1 row added (subject="order <id 1> is paid")',
        "orders: 1 row added (id=<id 1>)",
    ]


def test_a_secret_is_compared_and_not_shown():
    users = Contents("shop", "users", (Column("name", key=True), Column("password")))
    before, after = (
        digest(replace(users, rows=(('"ann"', f"<secret {hashed}>"),))) for hashed in ("1f", "2a")
    )
    assert state(before, before, after) == "other"
    assert [str(change) for change in diff(before, after)] == [
        'users: 1 row changed (name="ann": password <secret> → <secret>)'
    ]


def test_a_number_that_somebody_chose_is_no_id():
    stock = Contents("shop", "stock", (Column("sku", key=True), Column("count")))
    one, other = (digest(replace(stock, rows=((number, "1"),))) for number in ("4711", "4712"))
    assert state(Digest(), one, other) == "other"


def test_what_was_left_out_is_not_compared():
    full = digest(orders(*((str(number), "1", "null") for number in range(5))))
    cut = replace(digest(lines()), skipped=((("shop", "orders"), "more than 3 rows"),))
    assert diff(digest(), cut) == ()
    assert diff(full, cut) == ()
    gone = replace(digest(), skipped=((("shop", ""), "the server does not answer"),))
    assert diff(full, gone) == ()


def test_a_place_that_holds_nothing_is_as_good_as_none():
    assert state(digest(), SUCCESS, digest(orders(), lines())) == "before"


# -- laws ----------------------------------------------------------------------------------------------------------

TREE = (
    Column("id", key=True, generated=True),
    Column("parent_id", references="tree"),
    Column("token"),
    Column("label"),
)


@st.composite
def trees(draw: st.DrawFn) -> Digest:
    """Rows that refer to each other, and a few that share a UUID."""
    count = draw(st.integers(1, 6))
    tokens = [
        uuid.UUID(int=number, version=4)
        for number in draw(st.lists(st.integers(1, 1 << 100), min_size=1, max_size=3))
    ]
    rows = [
        (
            str(100 + number),
            draw(st.sampled_from(["null", *(str(100 + other) for other in range(count))])),
            f'"{draw(st.sampled_from(tokens))}"',
            draw(st.sampled_from(['"a"', '"b"', '"c"'])),
        )
        for number in range(count)
    ]
    return digest(Contents("shop", "tree", TREE, tuple(rows)))


def renamed(made: Digest, seed: int) -> Digest:
    """The same tree with other ids and UUIDs, its rows in the order of the new ids."""
    chance = random.Random(seed)
    (contents,) = made.contents
    numbers = [row[0] for row in contents.rows]
    others = dict(zip(numbers, map(str, chance.sample(range(200, 300), len(numbers))), strict=True))
    tokens = {row[2]: f'"{uuid.UUID(int=chance.getrandbits(128), version=4)}"' for row in contents.rows}
    rows = [(others[row[0]], others.get(row[1], "null"), tokens[row[2]], row[3]) for row in contents.rows]
    return digest(replace(contents, rows=tuple(sorted(rows))))


@given(trees(), st.integers(0, 1000))
def test_other_generated_values_never_count(made, seed):
    assert state(Digest(), made, renamed(made, seed)) == "success"


@given(trees(), st.integers(0, 1000), st.data())
def test_any_chosen_value_counts(made, seed, data):
    now = renamed(made, seed)
    (contents,) = now.contents
    number = data.draw(st.integers(0, len(contents.rows) - 1))
    rows = list(contents.rows)
    rows[number] = (*rows[number][:3], '"d"')
    assert state(Digest(), made, digest(replace(contents, rows=tuple(rows)))) == "other"


@given(trees(), st.integers(0, 1000))
def test_a_row_too_many_or_too_few_counts(made, seed):
    now = renamed(made, seed)
    (contents,) = now.contents
    fewer = digest(replace(contents, rows=contents.rows[1:]))
    more = digest(replace(contents, rows=(*contents.rows, ("999", "null", "null", '"a"'))))
    assert state(Digest(), made, more) == "other"
    assert state(Digest(), made, fewer) == ("before" if len(contents.rows) == 1 else "other")


@given(trees())
def test_what_is_known_keeps_its_value(made):
    assert diff(made, made) == ()
    (kept,) = canonical(made, made).contents
    assert sorted(kept.rows) == sorted(made.contents[0].rows)


def test_rows_of_a_place_whose_columns_were_changed_were_changed():
    wider = Contents("shop", "orders", (*ORDERS[:2], Column("paid")), (("1", "5.00", "true"),))
    (change,) = diff(BEFORE, digest(wider, BEFORE.places["shop", "lines"]))
    assert str(change) == 'orders: 1 row changed (id=1: paid  → true, created_at "2026-01-01T00:00:00" → )'


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
def test_a_time_that_no_clock_has_is_chosen(time):
    after = digest(orders(("1", "5.00", f'"{time}"')), BEFORE.places["shop", "lines"])
    (change,) = diff(BEFORE, after)
    assert time in str(change)


def test_what_was_sent_is_told_as_it_was_described():
    columns = (Column("sent"), Column("content"))
    rows = (('"mail from shop@example.com to ann@example.com: Welcome"', '"3f"'),)
    before, after = (Digest((Contents("mail smtp", "mails", columns, rows * count),)) for count in (1, 3))

    (change,) = diff(before, after)
    assert str(change) == (
        "mails: 2 more (mail from shop@example.com to ann@example.com: Welcome;"
        " mail from shop@example.com to ann@example.com: Welcome)"
    )
    assert diff(after, before) == ()


LOGGED = st.lists(st.sampled_from([("begun",), ("ended",), ("failed",)]), max_size=5).map(tuple)


@given(LOGGED, LOGGED)
def test_without_a_key_rows_count_as_often_as_they_are_there(
    before: tuple[Cells, ...], after: tuple[Cells, ...]
) -> None:
    old, new = (Contents("shop", "log", (Column("what"),), rows) for rows in (before, after))
    found = difference(old, new)
    assert Counter(found.added) == Counter(after) - Counter(before)
    assert Counter(found.removed) == Counter(before) - Counter(after)
