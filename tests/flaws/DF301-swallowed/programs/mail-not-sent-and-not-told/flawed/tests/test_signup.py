import sqlite3
from contextlib import closing

import pytest

import members
from signup import SignUp


@pytest.fixture
def connection(tmp_path):
    with closing(sqlite3.connect(tmp_path / "club.db")) as connection:
        connection.executescript(members.SCHEMA)
        yield connection


def test_a_new_member_is_welcomed(connection, mailbox):
    assert SignUp(connection, *mailbox.address).register("ann@example.com") == 1
    [mail] = mailbox.mails
    assert mail["Subject"] == "Welcome"
    assert connection.execute("SELECT text FROM notes").fetchall() == [("joined",)]
