import sqlite3
from contextlib import closing

import pytest

import notes
from notebook import Notebook


@pytest.fixture
def connection(tmp_path):
    with closing(sqlite3.connect(tmp_path / "notes.db")) as connection:
        connection.execute(notes.SCHEMA)
        yield connection


def test_a_note_is_kept(connection):
    assert Notebook(connection).write(" tea ") == 1
    assert connection.execute("SELECT text FROM notes").fetchall() == [("tea",)]


def test_a_note_is_replaced(connection):
    notebook = Notebook(connection)
    notebook.replace(notebook.write("tea"), "green tea")
    assert connection.execute("SELECT text FROM notes").fetchall() == [("green tea",)]
