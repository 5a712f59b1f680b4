"""Several statements in one round trip, planned once; what fails is told, and the connection goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from dryfit.resources.postgres import planned
from dryfit.resources.postgres.connect import connect
from dryfit.resources.postgres.planned import Ask, ask

SUM = Ask(b"SELECT $1::integer + $2::integer, $3::text", (b"1", b"2", None))


@pytest.fixture(params=["at once", "in turn"])
def connection(request, database, endpoint, monkeypatch) -> Iterator[psycopg.Connection]:
    """To the database under test; libpq's before PostgreSQL 14 ask one thing after the other."""
    if request.param == "in turn":
        monkeypatch.setattr(planned, "_PIPELINES_SINCE", 10**9)
    with closing(connect(endpoint, database.resource.handle.database)) as opened:
        yield opened


def plans(connection: psycopg.Connection) -> set[object]:
    return {row[0] for row in connection.execute("SELECT statement FROM pg_prepared_statements")}


def test_each_has_its_rows(connection):
    names = Ask(b"SELECT name FROM customers ORDER BY id LIMIT 2")
    nothing = Ask(b"SET work_mem = '8MB'")
    assert ask(connection, SUM, nothing, names) == [[(b"3", None)], [], [(b"c1",), (b"c2",)]]


def test_a_statement_is_planned_once(connection):
    other = Ask(SUM.statement, (b"3", b"4", b"x"))
    once = Ask(b"SELECT 7", again=False)
    assert ask(connection, SUM, once, other) == [[(b"3", None)], [(b"7",)], [(b"7", b"x")]]
    assert ask(connection, other) == [[(b"7", b"x")]]
    assert plans(connection) == {SUM.statement.decode()}


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (Ask(b"SELECT name FROM nowhere"), psycopg.errors.UndefinedTable),
        (Ask(b"SELECT 1 / $1::integer", (b"0",)), psycopg.errors.DivisionByZero),
        (Ask(b"SELECT 1 / 0", again=False), psycopg.errors.DivisionByZero),
    ],
)
def test_what_fails_is_raised_and_the_connection_goes_on(connection, wrong, error):
    count = Ask(b"SELECT count(*) FROM customers")
    with pytest.raises(error):
        ask(connection, wrong, count)
    assert ask(connection, count) == [[(b"5",)]]
    with pytest.raises(error):
        ask(connection, wrong)


def test_what_could_not_be_planned_may_be_asked_again(connection, database):
    later = Ask(b"SELECT * FROM later")
    with pytest.raises(psycopg.errors.UndefinedTable):
        ask(connection, SUM, later)
    database.run("CREATE TABLE later AS SELECT 8 AS number")
    assert ask(connection, SUM, later) == [[(b"3", None)], [(b"8",)]]


def test_a_connection_that_is_gone_is_an_operational_error(connection, database):
    ask(connection, SUM)
    database.run(f"SELECT pg_terminate_backend({connection.info.backend_pid}, 5000)")
    for _ in range(2):
        with pytest.raises(psycopg.OperationalError):
            ask(connection, SUM, SUM)
    assert connection.closed
