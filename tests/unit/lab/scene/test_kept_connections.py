"""The connection that reads a database: from trial to trial where the database is dryfit's own, else for one trial."""

from __future__ import annotations

from contextlib import closing

import psycopg
import pytest

from dryfit.lab.readings import Readings
from dryfit.model.target import Target
from dryfit.resources.environment import new_space
from dryfit.resources.kinds.postgres import kind


@pytest.fixture
def database(server):
    declaration, endpoint, root = server
    resource = kind.open(declaration, endpoint, root, new_space())
    with closing(resource):
        yield resource


@pytest.fixture
def target(database):
    handle = database.handle
    return Target("postgres", handle.database, handle.url)


@pytest.fixture
def reading():
    """Makes what reads, for databases that are dryfit's own."""
    made = []

    def make(is_own):
        made.append(Readings(list, is_own))
        return made[-1]

    yield make
    for each in made:
        each.close(kept=True)


def others(target, *, name="dryfit"):
    """The processes of the server that serve connections of one name to the database."""
    with psycopg.connect(target.address, application_name="the test") as connection:
        asked = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND application_name = %s"
        return {pid for (pid,) in connection.execute(asked, [target.name, name])}


def rows(digest):
    return next(each.rows for each in digest.contents if each.place == "orders")


def read_in_a_trial(readings, target):
    readings.begin()
    readings.use(target)
    found = readings.now()[target]
    readings.close()
    return found


def write(target):
    with psycopg.connect(target.address) as connection:
        connection.execute("INSERT INTO orders (what) VALUES ('tea')")


def test_a_database_of_dryfits_own_is_read_by_one_connection_in_all_trials(database, target, reading):
    before = others(target)
    readings = reading(database.serves)
    read_in_a_trial(readings, target)
    ours = others(target) - before
    assert len(ours) == 1
    write(target)
    assert len(rows(read_in_a_trial(readings, target))) == 1
    assert others(target) - before == ours


def test_nobody_is_connected_to_another_database_after_a_trial(target, reading):
    before = others(target)
    read_in_a_trial(reading(lambda _: False), target)
    assert others(target) <= before


def test_a_fresh_copy_in_the_place_of_the_database_is_read(database, target, reading):
    readings = reading(database.serves)
    write(target)
    assert len(rows(read_in_a_trial(readings, target))) == 1
    with psycopg.connect(target.address) as connection:
        connection.execute("ALTER TABLE orders ADD COLUMN price integer")
    database.clean()
    assert database.replacements
    assert rows(read_in_a_trial(readings, target)) == ()


def test_it_is_asked_once_whose_a_database_is(target, reading):
    asked = []
    readings = reading(lambda each: bool(asked.append(each)))
    for _ in range(3):
        read_in_a_trial(readings, target)
    assert asked == [target]
