"""What a trial does to a SQLite database: seen at its boundaries, and in the effect log."""

from __future__ import annotations

import sqlite3

import pytest
from tests.states import state

from dryfit.model.digest import diff

INSERT = 'INSERT INTO orders (what) VALUES (?) with "tea"'


@pytest.fixture
def shop(stage):
    """A component that keeps orders."""
    stage.write(
        shop="""
        import sqlite3

        def connect(path):
            return sqlite3.connect(path)

        def order(connection, what):
            connection.execute("INSERT INTO orders (what) VALUES (?)", (what,))
            connection.commit()

        def order_and_forget(connection, what):
            connection.execute("INSERT INTO orders (what) VALUES (?)", (what,))

        def order_and_regret(connection, what):
            order_and_forget(connection, what)
            connection.rollback()

        def order_within(connection, what, fails=False):
            with connection:
                connection.execute("INSERT INTO orders (what) VALUES (?)", (what,))
                if fails:
                    raise ValueError(what)

        def order_and_fall(connection, what):
            try:
                order_within(connection, what, fails=True)
            except ValueError:
                return False

        def order_elsewhere(path, what):
            connection = sqlite3.connect(path)
            order(connection, what)
            connection.close()

        def order_and_lose(path, what):
            connection = sqlite3.connect(path)
            order_and_forget(connection, what)
            connection.close()

        def order_within_elsewhere(path, what):
            connection = sqlite3.connect(path)
            with connection:
                order_and_forget(connection, what)
            connection.close()

        def order_with_savepoint(connection, *things):
            connection.execute("BEGIN")
            for what in things:
                connection.execute("SAVEPOINT s")
                connection.execute("INSERT INTO orders (what) VALUES (?)", (what,))
                connection.execute("ROLLBACK TO s" if what == "rum" else "RELEASE s")
            connection.commit()

        def pay(connection, number):
            connection.execute("UPDATE orders SET what = ? WHERE id = ?", ("paid", number))
            connection.commit()

        def count(connection):
            return connection.execute("SELECT count(*) FROM orders").fetchone()
        """
    )
    return stage.load("shop")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "shop.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, what TEXT)")
    connection.close()
    return path


@pytest.fixture(params=["file", "memory"])
def connection(request, path, stage):
    stage.scene()  # it is woven before the connection is opened
    connection = sqlite3.connect(path if request.param == "file" else ":memory:")
    connection.execute("CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, what TEXT)")
    connection.commit()
    yield connection
    connection.close()


def changes(boundary):
    return [str(change) for change in diff(boundary.before, boundary.after)]


def test_a_commit_is_seen_at_the_boundary_and_in_the_log(stage, shop, connection):
    with stage.trial() as trial:
        shop.order(connection, "tea")
    (boundary,) = trial.boundaries
    assert changes(boundary) == ['orders: 1 row added (id=<id 1>, what="tea")']
    assert trial.told == [(INSERT, "lasting")]
    assert trial.effects[0].source == boundary.after.contents[0].source
    assert trial.effects[0].source in ("sqlite shop.db", "sqlite :memory:")


def test_what_was_rolled_back_is_undone(stage, shop, connection):
    with stage.trial() as trial:
        shop.order_and_regret(connection, "tea")
    assert changes(trial.boundaries[0]) == []
    assert trial.told == [(INSERT, "undone")]


def test_what_nobody_ended_is_open_until_the_end_of_the_call(stage, shop, path):
    with stage.trial() as trial:
        connection = shop.connect(path)
        shop.order_and_forget(connection, "tea")
        trial.scene.called()
        connection.rollback()
        connection.close()
    assert changes(trial.boundaries[1]) == []
    assert trial.told == [(INSERT, "open")]


def test_a_with_block_commits(stage, shop, connection):
    with stage.trial() as trial:
        shop.order_within(connection, "tea")
    assert trial.told == [(INSERT, "lasting")]


def test_a_with_block_that_an_exception_leaves_rolls_back(stage, shop, connection):
    with stage.trial() as trial:
        shop.order_and_fall(connection, "tea")
    assert trial.told == [(INSERT, "undone")]


def test_a_connection_that_is_closed_takes_its_transaction_along(stage, shop, path):
    with stage.trial() as trial:
        shop.order_and_lose(path, "tea")
        shop.order_elsewhere(path, "tea")
        shop.order_within_elsewhere(path, "tea")
    assert [fate for _, fate in trial.told] == ["undone", "lasting", "lasting"]


def test_savepoints_are_followed(stage, shop, connection):
    with stage.trial() as trial:
        shop.order_with_savepoint(connection, "tea", "rum", "oil")
    assert [fate for _, fate in trial.told] == ["lasting", "undone", "lasting"]


def test_a_lost_reply_of_a_commit_leaves_the_effect(stage, shop, connection):
    stage.faults.instead["sqlite3.Connection.commit"] = sqlite3.OperationalError("lost")
    with stage.trial(when="after") as trial, pytest.raises(sqlite3.OperationalError, match="lost"):
        shop.order(connection, "tea")
    assert trial.told == [(INSERT, "lasting")]


def test_what_meets_no_row_or_only_repeats_is_no_effect(stage, shop, connection):
    with stage.trial() as trial:
        shop.pay(connection, 1)
        shop.order(connection, "tea")
        shop.pay(connection, 1)
        shop.pay(connection, 1)
    assert [what.partition(" ")[0] for what, _ in trial.told] == ["INSERT", "UPDATE"]


def test_the_same_insert_twice_is_two_effects_with_one_key(stage, shop, connection):
    with stage.trial() as trial:
        shop.order(connection, "tea")
        shop.order(connection, "tea")
        shop.order(connection, "rum")
    one, two, other = (each.key for each in trial.effects)
    assert one == two != other


def test_only_the_wanted_boundary_is_read(stage, shop, connection):
    with stage.trial(entry=1) as trial:
        shop.order(connection, "tea")
        shop.order(connection, "rum")
        shop.count(connection)
    (boundary,) = trial.boundaries
    assert boundary.entry == 1
    assert changes(boundary) == ['orders: 1 row added (id=<id 1>, what="rum")']


def test_boundaries_of_two_trials_can_be_compared(stage, shop):
    shown = []
    for _ in range(2):
        with stage.trial() as trial:
            connection = sqlite3.connect(":memory:")
            connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, what TEXT)")
            shop.order(connection, "tea")
        shown.append(trial)
        connection.close()
    (success,), (now,) = (trial.boundaries for trial in shown)
    assert state(now.before, success.after, now.after) == "success"
    assert state(now.before, success.after, now.before) == "before"
    assert [each.key for each in shown[0].effects] == [each.key for each in shown[1].effects]


def test_a_database_that_an_entry_opens_was_read_before(stage, shop, path):
    with stage.trial() as trial:
        shop.order_elsewhere(path, "tea")
        shop.order_elsewhere(path, "rum")
    assert [changes(boundary) for boundary in trial.boundaries] == [
        ['orders: 1 row added (id=<id 1>, what="tea")'],
        ['orders: 1 row added (id=<id 1>, what="rum")'],
    ]
