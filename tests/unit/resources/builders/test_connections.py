"""Connections of somebody else's are worked through and left as they are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool

from dryfit.model.errors import ResourceError
from dryfit.resources.builders.connections import opener
from dryfit.resources.builders.maker import Maker

ROOT = Path(__file__).parent / "none of these classes"
TABLE = "CREATE TABLE towns (id INTEGER PRIMARY KEY, city TEXT NOT NULL UNIQUE CHECK (length(city) > 3))"


@pytest.fixture
def lent() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute(TABLE)
        yield connection


def test_a_lent_connection_stays_in_its_transaction(lent: sqlite3.Connection) -> None:
    town = Maker("test", root=ROOT, connection=lent)("towns")
    assert lent.in_transaction
    assert lent.execute("SELECT city FROM towns").fetchone()["city"] == town.city
    lent.rollback()
    assert lent.execute("SELECT count(*) FROM towns").fetchone()[0] == 0


def test_an_engines_rows_are_committed_at_once() -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.begin() as connection:
        connection.execute(text(TABLE))
    town = Maker("test", root=ROOT, connection=engine)("towns")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT id, city FROM towns")).all() == [(town.id, town.city)]
    engine.dispose()


def test_a_record_is_a_mapping_with_attributes(lent: sqlite3.Connection) -> None:
    town = Maker("test", root=ROOT, connection=lent)("towns", city="Ghent")
    assert (dict(town), town["city"], town.id) == ({"id": 1, "city": "Ghent"}, "Ghent", 1)
    with pytest.raises(AttributeError, match="towns has no column 'mayor'"):
        town.mayor  # noqa: B018


def test_an_unknown_driver_is_told() -> None:
    with pytest.raises(ResourceError, match=r"cannot work through a builtins\.object"):
        opener(object())


def test_a_plain_url_goes_by_the_driver_that_is_brought() -> None:
    with pytest.raises(Exception, match="psycopg"), opener("postgresql://nobody@127.0.0.1:1/none")():
        pass
