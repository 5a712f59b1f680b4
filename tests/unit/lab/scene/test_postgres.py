"""What a trial does to a PostgreSQL database, through psycopg and SQLAlchemy."""

from __future__ import annotations

import psycopg
import pytest
import sqlalchemy

from dryfit.model.digest import diff


@pytest.fixture
def shop(stage):
    """A component that keeps orders with psycopg."""
    stage.write(
        shop="""
        import psycopg

        def order(connection, what):
            connection.execute("INSERT INTO orders (what) VALUES (%s)", (what,))
            connection.commit()

        def order_by(url, what):
            with psycopg.connect(url) as connection:
                connection.execute("INSERT INTO orders (what) VALUES (%s)", (what,))

        def order_within(connection, what, fails=False):
            with connection.transaction():
                connection.execute("INSERT INTO orders (what) VALUES (%s)", (what,))
                if fails:
                    raise ValueError(what)

        def order_both(connection, *things):
            for what in things:
                try:
                    order_or_fail(connection, what)
                except ValueError:
                    continue

        def order_or_fail(connection, what):
            order_within(connection, what, fails=what == "rum")

        def order_twice(connection, number):
            connection.execute("INSERT INTO orders (id, what) VALUES (%s, 'a')", (number,))
            try:
                connection.execute("INSERT INTO orders (id, what) VALUES (%s, 'b')", (number,))
            except psycopg.errors.UniqueViolation:
                pass
            connection.commit()
        """
    )
    return stage.load("shop")


@pytest.fixture
def connection(postgres, stage):
    stage.scene()
    with psycopg.connect(postgres) as connection:
        yield connection


def changes(boundary):
    return [str(change) for change in diff(boundary.before, boundary.after)]


def test_a_commit_is_seen_at_the_boundary_and_in_the_log(stage, shop, connection):
    with stage.trial() as trial:
        shop.order(connection, "tea")
        shop.order(connection, "rum")
    first, second = trial.boundaries
    assert changes(first) == ['orders: 1 row added (id=<id 1>, what="tea", at=<time>)']
    assert changes(second) == ['orders: 1 row added (id=<id 1>, what="rum", at=<time>)']
    assert trial.told == [
        ('INSERT INTO orders (what) VALUES (%s) with "tea"', "lasting"),
        ('INSERT INTO orders (what) VALUES (%s) with "rum"', "lasting"),
    ]
    assert {each.source for each in trial.effects} == {"postgres dryfit"}
    assert {each.source for each in first.after.contents} == {"postgres dryfit"}


def test_a_connection_of_the_entrys_own(stage, shop, postgres):
    with stage.trial() as trial:
        shop.order_by(postgres, "tea")
    assert changes(trial.boundaries[0]) == ['orders: 1 row added (id=<id 1>, what="tea", at=<time>)']
    assert [each.fate for each in trial.effects] == ["lasting"]


def test_reading_is_no_crossing_of_the_programs(stage, shop, postgres):
    with stage.trial() as trial:
        shop.order_by(postgres, "tea")
    crossings, _ = stage.recorder.finish()
    assert [each.point.seam.callable for each in crossings] == [
        "shop.order_by",
        "psycopg.Cursor.execute",
        "psycopg.Connection.commit",
    ]
    assert len(trial.boundaries) == 1


def test_transaction_blocks_end_unseen(stage, shop, connection):
    with stage.trial() as trial:
        shop.order_within(connection, "tea")
        with pytest.raises(ValueError, match="rum"):
            shop.order_within(connection, "rum", fails=True)
    assert [each.fate for each in trial.effects] == ["lasting", "undone"]


def test_blocks_within_a_transaction_of_the_tests(stage, shop, connection):
    with connection.transaction(force_rollback=True), stage.trial() as trial:
        shop.order_within(connection, "tea")
        with pytest.raises(ValueError, match="rum"):
            shop.order_within(connection, "rum", fails=True)
    assert [each.fate for each in trial.effects] == ["open", "undone"]
    assert [changes(boundary) for boundary in trial.boundaries] == [[], []]


def test_a_commit_that_the_server_turns_into_a_rollback(stage, shop, connection):
    with stage.trial() as trial:
        shop.order_twice(connection, 7)
    assert [each.fate for each in trial.effects] == ["undone"]
    assert changes(trial.boundaries[0]) == []


def test_a_later_number_is_the_same_effect(stage, shop, connection):
    keys = []
    for number in (1, 2):
        with stage.trial() as trial:
            shop.order_twice(connection, number)
        keys += [each.key for each in trial.effects]
    assert keys[0] == keys[1]


# -- SQLAlchemy --------------------------------------------------------------------------------------------------------


@pytest.fixture
def store(stage):
    """A component that keeps orders with SQLAlchemy's ORM."""
    stage.write(
        store="""
        from sqlalchemy import text
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

        class Base(DeclarativeBase):
            pass

        class Order(Base):
            __tablename__ = "orders"
            id: Mapped[int] = mapped_column(primary_key=True)
            what: Mapped[str]

        def order(session, what):
            session.add(Order(what=what))
            session.commit()

        def order_or_fail(session, what):
            session.add(Order(what=what))
            session.flush()
            raise ValueError(what)

        def order_safely(session, what):
            try:
                with session.begin_nested():
                    order_or_fail(session, what)
            except ValueError:
                pass
            session.commit()

        def order_on(engine, what):
            with engine.begin() as connection:
                connection.execute(text("INSERT INTO orders (what) VALUES (:what)"), {"what": what})
        """
    )
    return stage.load("store")


@pytest.fixture(params=["postgresql+psycopg", "sqlite", "sqlite in memory"])
def engine(request, stage, tmp_path):
    stage.scene()
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/shop.db"
    elif request.param == "sqlite in memory":
        url = "sqlite://"
    else:
        url = request.getfixturevalue("postgres").replace("postgresql://", "postgresql+psycopg://")
    engine = sqlalchemy.create_engine(url)
    if url.startswith("sqlite"):
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text("CREATE TABLE orders (id INTEGER PRIMARY KEY, what TEXT)"))
    yield engine
    engine.dispose()


def test_a_session_commits(stage, store, engine):
    with sqlalchemy.orm.Session(engine) as session, stage.trial() as trial:
        store.order(session, "tea")
    assert [each.fate for each in trial.effects] == ["lasting"]
    assert [change.split("(")[0] for change in changes(trial.boundaries[0])] == ["orders: 1 row added "]


def test_a_session_of_the_tests_rolls_everything_back(stage, store, engine):
    with (
        engine.connect() as connection,
        connection.begin() as outer,
        sqlalchemy.orm.Session(connection, join_transaction_mode="create_savepoint") as session,
        stage.trial() as trial,
    ):
        store.order(session, "tea")
        store.order_safely(session, "rum")
        trial.scene.called()
        outer.rollback()
    fates = ["open", "undone"] if engine.url.drivername != "sqlite" else ["lasting", "undone"]
    assert [each.fate for each in trial.effects] == fates


def test_an_engine_commits_at_the_end_of_its_block(stage, store, engine):
    with stage.trial() as trial:
        store.order_on(engine, "tea")
    assert [each.fate for each in trial.effects] == ["lasting"]
