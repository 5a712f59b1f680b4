"""A real PostgreSQL whose time is set."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.errors import CheckViolation

from dryfit.resources.clock import START, frozen_clock
from dryfit.resources.database_clock import PostgresClock, install

Connection = psycopg.Connection[tuple[object, ...]]
HOUR = timedelta(hours=1)


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    """A connection that was there before the clock, to a table that was as well."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE stamps (id int, at timestamptz DEFAULT now(), day date DEFAULT now()::date, "
            "checked timestamptz CHECK (checked <= now()))"
        )
        yield connection


@pytest.fixture
def clock(database: str, connection: Connection) -> PostgresClock:
    install(connection)
    return PostgresClock(database)


def value(connection: Connection, query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    "function", ["now", "transaction_timestamp", "statement_timestamp", "clock_timestamp", "pg_catalog.now"]
)
def test_every_function_that_tells_the_time_is_reached(
    connection: Connection, clock: PostgresClock, function: str
) -> None:
    clock.freeze(START)
    assert value(connection, f"SELECT {function}()") == START
    clock.release()
    assert abs(datetime.now(UTC) - value(connection, f"SELECT {function}()")) < HOUR  # type: ignore[operator]


def test_defaults_and_checks_that_were_there_before_are_reached(
    connection: Connection, clock: PostgresClock
) -> None:
    clock.freeze(START)
    assert value(connection, "INSERT INTO stamps DEFAULT VALUES RETURNING at") == START
    assert value(connection, "SELECT day FROM stamps") == START.date()
    with pytest.raises(CheckViolation):
        connection.execute("INSERT INTO stamps (checked) VALUES (%s)", (START + HOUR,))
    with connection.cursor().copy("COPY stamps (id) FROM STDIN") as copy:
        copy.write_row((7,))
    assert value(connection, "SELECT at FROM stamps WHERE id = 7") == START


def test_triggers_and_prepared_statements_are_reached(connection: Connection, clock: PostgresClock) -> None:
    connection.execute("PREPARE question AS SELECT now()")
    connection.execute("SET plan_cache_mode = force_generic_plan")
    connection.execute(
        "CREATE FUNCTION year() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.id = extract(year FROM now()); RETURN NEW; END $$"
    )
    connection.execute("CREATE TRIGGER year BEFORE INSERT ON stamps FOR EACH ROW EXECUTE FUNCTION year()")
    clock.freeze(START)
    assert value(connection, "INSERT INTO stamps DEFAULT VALUES RETURNING id") == START.year
    assert value(connection, "EXECUTE question") == START
    clock.freeze(START + HOUR)
    assert value(connection, "EXECUTE question") == START + HOUR


def test_users_without_rights_see_the_same_time(connection: Connection, clock: PostgresClock) -> None:
    clock.freeze(START)
    connection.execute("CREATE ROLE guest; SET ROLE guest; SET search_path = ''")
    assert value(connection, "SELECT now()") == START
    connection.execute("RESET ROLE; DROP ROLE guest")


@pytest.mark.parametrize("syntax", ["CURRENT_TIMESTAMP", "LOCALTIMESTAMP::timestamptz", "'now'::timestamptz"])
def test_what_is_syntax_is_not_reached(connection: Connection, clock: PostgresClock, syntax: str) -> None:
    clock.freeze(START)
    assert value(connection, f"SELECT {syntax} > now() + interval '1 day'") is True


def test_another_database_of_the_server_is_untouched(
    connection: Connection, clock: PostgresClock, postgres_server: str
) -> None:
    clock.freeze(START)
    with psycopg.connect(host=postgres_server, user="owner", dbname="postgres") as other:
        assert other.execute("SELECT now() > %s", (START + HOUR,)).fetchone() == (True,)


def test_installing_twice_and_releasing_leave_one_empty_row(
    connection: Connection, clock: PostgresClock
) -> None:
    install(connection)
    clock.freeze(START)
    clock.release()
    assert connection.execute("TABLE dryfit_clock.moment").fetchall() == [(1, None)]


def test_the_clock_of_a_test_takes_it_along(connection: Connection, clock: PostgresClock) -> None:
    with frozen_clock(databases=[clock]) as time:
        time.shift(HOUR)
        assert value(connection, "SELECT now()") == datetime.now(UTC) == START + HOUR
