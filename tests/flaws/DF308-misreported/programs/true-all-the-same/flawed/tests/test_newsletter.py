import sqlite3
from contextlib import closing

import pytest

from newsletter import SCHEMA, Newsletter


@pytest.fixture
def connection(tmp_path):
    with closing(sqlite3.connect(tmp_path / "news.db")) as connection:
        connection.execute(SCHEMA)
        yield connection


def test_somebody_subscribes(connection):
    assert Newsletter(connection).subscribe("ann@Example.com") is True
    assert connection.execute("SELECT email FROM subscribers").fetchall() == [("ann@example.com",)]


def test_what_is_no_address_is_not_subscribed(connection):
    assert Newsletter(connection).subscribe("ann") is False
