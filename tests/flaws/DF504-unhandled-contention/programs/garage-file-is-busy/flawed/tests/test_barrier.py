import sqlite3
from contextlib import closing

import pytest

from barrier import Barrier
from garage import SCHEMA


@pytest.fixture
def barrier(tmp_path):
    with closing(sqlite3.connect(tmp_path / "garage.db")) as connection, connection:
        connection.execute(SCHEMA)
        connection.execute("INSERT INTO spaces (number) VALUES (1), (2)")
    return Barrier(tmp_path / "garage.db")


def test_cars_get_spaces(barrier):
    assert barrier.arrive("B-AA 1") == "B-AA 1: space 1"


def test_a_garage_gets_full(barrier):
    barrier.arrive("B-AA 1")
    barrier.arrive("B-AA 2")
    assert barrier.arrive("B-AA 3") == "FULL"
