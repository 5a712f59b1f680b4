import sqlite3
from contextlib import closing

import pytest

import accounts
from transfers import transfer


@pytest.fixture
def connection(tmp_path):
    with closing(sqlite3.connect(tmp_path / "bank.db")) as connection:
        with connection:
            connection.execute(accounts.SCHEMA)
            connection.executemany("INSERT INTO accounts VALUES (?, ?)", [("ann", 1000), ("bob", 0)])
        yield connection


def test_money_moves(connection):
    transfer(connection, "ann", "bob", 300)
    assert dict(connection.execute("SELECT * FROM accounts")) == {"ann": 700, "bob": 300}


def test_an_unknown_payer(connection):
    with pytest.raises(accounts.UnknownAccount):
        transfer(connection, "eve", "bob", 300)
