import sqlite3
from contextlib import closing

import pytest

from transfers import SCHEMA, TransferFailed, transfer


@pytest.fixture
def connection(tmp_path):
    with closing(sqlite3.connect(tmp_path / "bank.db")) as connection:
        with connection:
            connection.execute(SCHEMA)
            connection.executemany("INSERT INTO accounts VALUES (?, ?)", [("ann", 1000), ("bob", 0)])
        yield connection


def test_money_moves(connection):
    transfer(connection, "ann", "bob", "3,00")
    assert dict(connection.execute("SELECT * FROM accounts")) == {"ann": 700, "bob": 300}


def test_nobody_pays_what_they_do_not_have(connection):
    with pytest.raises(TransferFailed):
        transfer(connection, "ann", "bob", "30,00")
    assert dict(connection.execute("SELECT * FROM accounts")) == {"ann": 1000, "bob": 0}
