import sqlite3
from contextlib import closing

import pytest

from mailing import SCHEMA, Mailing


@pytest.fixture
def connection(tmp_path):
    with closing(sqlite3.connect(tmp_path / "customers.db")) as connection:
        connection.execute(SCHEMA)
        with connection:
            connection.execute("INSERT INTO customers (name, city) VALUES ('Ann', 'Kiel'), ('Bob', 'Ulm')")
        yield connection


def test_every_address_is_written_once(connection, tmp_path):
    mailing = Mailing(connection, tmp_path / "mailing.csv")
    mailing.write()
    assert mailing.path.read_text() == "Ann;Kiel\nBob;Ulm\n"
    mailing.write()
    assert mailing.path.read_text() == ""
