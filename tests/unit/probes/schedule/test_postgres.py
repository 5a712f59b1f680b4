"""Operations against a real PostgreSQL: who waits in it is blocked, whatever it waits for."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
import sqlalchemy.exc
from sqlalchemy.ext import asyncio as aio

psycopg = pytest.importorskip("psycopg")

from dryfit.model.errors import ResourceError  # noqa: E402
from dryfit.model.interleaving import Backend  # noqa: E402
from dryfit.model.resource import Declaration  # noqa: E402
from dryfit.probes.schedule import Turns  # noqa: E402
from dryfit.probes.schedule.victim import deadlock_error  # noqa: E402
from dryfit.resources.kinds.postgres import kind  # noqa: E402
from dryfit.resources.postgres import programs  # noqa: E402
from dryfit.resources.registry import provider_named  # noqa: E402

SCHEMA = """
CREATE TABLE stock (id integer PRIMARY KEY, count integer NOT NULL);
CREATE TABLE orders (id integer PRIMARY KEY, stock_id integer REFERENCES stock);
CREATE FUNCTION guarded() RETURNS void LANGUAGE sql AS 'SELECT pg_advisory_xact_lock(7)';
"""
CLEAN = "TRUNCATE stock, orders; INSERT INTO stock VALUES (1, 5), (2, 5)"


@pytest.fixture(scope="module")
def dsn(server_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of the module's own: workers at the same time share the server."""
    try:
        programs.find()
    except ResourceError as error:
        pytest.skip(str(error))
    root = tmp_path_factory.mktemp("turns")
    with provider_named("embedded").provide(
        kind, Declaration("database", "postgres", options={}), root
    ) as endpoint:
        address = f"host={endpoint.socket} port={endpoint.port} user={endpoint.user}"
        name = f"turns_{os.getpid()}"
        with psycopg.connect(f"{address} dbname=postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        with psycopg.connect(f"{address} dbname={name}", autocommit=True) as connection:
            connection.execute(SCHEMA)
        yield f"{address} dbname={name}"


class Asking:
    """Asks the server who waits for whom."""

    def __init__(self, dsn: str) -> None:
        self.control = psycopg.connect(dsn, autocommit=True)

    def backend(self, connection: object) -> Backend | None:
        if isinstance(connection, psycopg.Connection):
            return Backend("", connection.info.backend_pid)
        if hasattr(connection, "get_server_pid"):
            return Backend("", connection.get_server_pid())
        return Backend("", connection.info.backend_pid)

    def blockers(self, backends: Sequence[Backend]) -> Mapping[Backend, tuple[Backend, ...]]:
        rows = self.control.execute(
            "SELECT pid, pg_blocking_pids(pid) FROM unnest(%s::integer[]) pid",
            ([each.number for each in backends],),
        )
        return {Backend("", pid): tuple(Backend("", by) for by in pids) for pid, pids in rows if pids}

    def cancel(self, backend: Backend) -> None:
        self.control.execute("SELECT pg_cancel_backend(%s)", (backend.number,))


@pytest.fixture
def asking(dsn: str) -> Iterator[Asking]:
    asking = Asking(dsn)
    asking.control.execute(CLEAN)
    with asking.control:
        yield asking


@pytest.fixture
def turns(asking: Asking) -> Iterator[Turns]:
    with Turns(asking, limit=20.0, place=lambda frame: None) as turns:
        yield turns


class Session:
    """A connection whose statements are switch points."""

    def __init__(self, turns: Turns, connection: psycopg.Connection) -> None:
        self.connection = connection
        self._turns = turns

    def run(self, statement: str) -> psycopg.Cursor:
        return self._turns.call(
            self.connection, "statement", statement, None, lambda: self.connection.execute(statement)
        )

    def commit(self) -> None:
        self._turns.call(self.connection, "commit", "COMMIT", None, self.connection.commit)

    def rollback(self) -> None:
        self._turns.call(self.connection, "rollback", "ROLLBACK", None, self.connection.rollback)


@pytest.fixture
def sessions(dsn: str, turns: Turns) -> Iterator[list[Session]]:
    """Two of them."""
    with psycopg.connect(dsn) as one, psycopg.connect(dsn) as other:
        yield [Session(turns, one), Session(turns, other)]


def doing(session: Session, *statements: str) -> Callable[[], object]:
    """An operation of some statements; gives the error's SQLSTATE, or None."""

    def operation() -> str | None:
        try:
            for statement in statements:
                session.run(statement)
            session.commit()
        except psycopg.Error as error:
            session.rollback()
            return error.sqlstate
        return None

    return operation


def test_a_lost_update_is_reached_and_a_locked_one_is_not(turns, sessions, asking, explore, values) -> None:
    def buying(reading: str) -> Callable[[Session], Callable[[], object]]:
        def made(session: Session) -> Callable[[], object]:
            def buy() -> int:
                (count,) = session.run(reading).fetchone()
                session.run(f"UPDATE stock SET count = {count - 1} WHERE id = 1")
                session.commit()
                return count

            return buy

        return made

    def operations(make: Callable[[Session], Callable[[], object]]) -> Callable[[], object]:
        def fresh() -> Sequence[Callable[[], object]]:
            asking.control.execute(CLEAN)
            return [make(session) for session in sessions]

        return fresh

    reading = "SELECT count FROM stock WHERE id = 1"
    lost = explore(operations(buying(reading)))
    assert {values(run) for run in lost} == {(5, 4), (4, 5), (5, 5)}
    sound = explore(operations(buying(f"{reading} FOR UPDATE")))
    assert {values(run) for run in sound} == {(5, 4), (4, 5)}
    assert {run[0].ending for run in lost + sound} == {"completed"}


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("UPDATE stock SET count = 4 WHERE id = 1", "SELECT FROM stock WHERE id = 1 FOR UPDATE", None),
        ("DELETE FROM stock WHERE id = 1", "INSERT INTO orders VALUES (1, 1)", "23503"),
        ("INSERT INTO orders VALUES (1, 1)", "INSERT INTO orders VALUES (1, 2)", "23505"),
        ("SELECT guarded()", "SELECT guarded()", None),
        ("LOCK TABLE stock", "SELECT count FROM stock", None),
    ],
)
def test_whatever_is_waited_for_is_blocked_and_woken(
    turns, sessions, along, lanes, values, first: str, second: str, told: str | None
) -> None:
    one, other = doing(sessions[0], first), doing(sessions[1], second)
    run = turns.run([one, other], along([0, 0, 1, 1, 0]))
    assert lanes(run)[3:8] == [
        f"1 statement {second}",
        f"1 blocked {second} by 0",
        "0 commit COMMIT",
        "0 returned",
        f"1 woken {second}",
    ]
    assert values(run) == (None, told)


def crosswise(sessions: list[Session]) -> list[Callable[[], object]]:
    updates = [f"UPDATE stock SET count = count - 1 WHERE id = {row}" for row in (1, 2)]
    return [doing(sessions[0], *updates), doing(sessions[1], *reversed(updates))]


def test_the_victim_of_a_deadlock_is_told_so(turns, sessions, along, lanes, values) -> None:
    run = turns.run(crosswise(sessions), along([0, 0, 1, 1, 0, 1]))
    assert values(run) == ("40P01", None)
    assert [line for line in lanes(run) if "victim" in line] == [
        "0 victim UPDATE stock SET count = count - 1 WHERE id = 2"
    ]
    again = turns.run(crosswise(sessions), along(run[0].schedule))
    assert again[0] == run[0]


def test_of_three_all_waits_come_to_rest_before_a_choice(dsn, turns, asking, along) -> None:
    with psycopg.connect(dsn) as one, psycopg.connect(dsn) as two, psycopg.connect(dsn) as three:
        sessions = [Session(turns, each) for each in (one, two, three)]

        def operations() -> list[Callable[[], object]]:
            return [doing(each, "UPDATE stock SET count = count - 1 WHERE id = 1") for each in sessions]

        run = turns.run(operations(), along([0, 0, 1, 1, 2, 2, 0]))
    # Which of the two goes first that the commit wakes is up to the server; that one waits for the other is not.
    assert run[0].ending == "completed"
    blocked = [(step.worker, step.by) for step in run[0].steps if step.kind == "blocked"]
    assert blocked[:2] == [(1, (0,)), (2, (1,))]


def test_a_stranger_that_holds_a_lock_makes_it_stuck(turns, sessions, dsn, along, values) -> None:
    with psycopg.connect(dsn) as stranger:
        stranger.execute("SELECT FROM stock WHERE id = 1 FOR UPDATE")
        run = turns.run([doing(sessions[0], "UPDATE stock SET count = 0 WHERE id = 1")], along())
        pid = stranger.info.backend_pid
    assert run[0].ending == "stuck"
    assert f"for none of the operations, but for the server's process {pid}" in run[0].said
    sessions[0].connection.rollback()
    assert values(turns.run([doing(sessions[0], "SELECT 1")], along())) == (None,)


def test_a_connection_that_dies_while_it_waits_is_an_error_of_its_operation(
    turns, sessions, asking, along, values
) -> None:
    update = "UPDATE stock SET count = 0 WHERE id = 1"

    def dying() -> str:
        try:
            sessions[1].run(update)
        except psycopg.OperationalError as error:
            return error.sqlstate
        return "alive"

    def killing() -> None:
        sessions[0].run(update)
        turns.point("line")
        asking.control.execute("SELECT pg_terminate_backend(%s)", (sessions[1].connection.info.backend_pid,))
        sessions[0].commit()

    run = turns.run([killing, dying], along([0, 0, 1, 1, 0]))
    assert run[0].ending == "completed"
    assert values(run) == (None, "57P01")


def test_psycopg2_is_told_of_its_deadlocks(turns, dsn, along, values) -> None:
    psycopg2 = pytest.importorskip("psycopg2")
    connections = [psycopg2.connect(dsn) for _ in range(2)]

    def operation(connection: object, *rows: int) -> Callable[[], object]:
        def run() -> object:
            cursor = connection.cursor()
            try:
                for row in rows:
                    statement = f"UPDATE stock SET count = count - 1 WHERE id = {row}"
                    turns.call(connection, "statement", statement, None, lambda: cursor.execute(statement))  # noqa: B023
                turns.call(connection, "commit", "COMMIT", None, connection.commit)
            except psycopg2.Error as error:
                turns.call(connection, "rollback", "ROLLBACK", None, connection.rollback)
                return type(error).__name__, error.pgcode
            return None

        return run

    run = turns.run(
        [operation(connections[0], 1, 2), operation(connections[1], 2, 1)], along([0, 0, 1, 1, 0, 1])
    )
    assert values(run) == (("DeadlockDetected", "40P01"), None)
    for connection in connections:
        connection.close()


def test_asyncpg_in_loops_of_operations_is_blocked_woken_and_told(turns, dsn, along, lanes, values) -> None:
    asyncpg = pytest.importorskip("asyncpg")
    options = dict(each.split("=") for each in dsn.split())

    def operation(*rows: int) -> Callable[[], object]:
        async def main() -> object:
            connection = await asyncpg.connect(
                host=options["host"], port=options["port"], user=options["user"], database=options["dbname"]
            )
            try:
                async with connection.transaction():
                    for row in rows:
                        statement = f"UPDATE stock SET count = count - 1 WHERE id = {row}"
                        await turns.call_awaited(
                            connection,
                            "statement",
                            statement,
                            None,
                            lambda: connection.execute(statement),  # noqa: B023
                        )
            except asyncpg.PostgresError as error:
                return type(error).__name__, error.sqlstate
            finally:
                await connection.close()

        return lambda: asyncio.run(main())

    run = turns.run([operation(1, 2), operation(2, 1)], along([0, 0, 1, 1, 0, 1]))
    assert run[0].ending == "completed"
    assert values(run) == (("DeadlockDetectedError", "40P01"), None)
    assert [line[:9] for line in lanes(run) if "blocked" in line] == ["0 blocked", "1 blocked"]


def test_the_victim_of_an_asynchronous_engine_is_told_what_the_server_would_tell(dsn) -> None:
    options = dict(each.split("=") for each in dsn.split())
    url = f"postgresql+asyncpg://{options['user']}@/{options['dbname']}?host={options['host']}&port={options['port']}"

    async def raised(statement: str) -> BaseException:
        engine = aio.create_async_engine(url)
        try:
            async with engine.connect() as connection:
                with pytest.raises(sqlalchemy.exc.DBAPIError) as caught:
                    await connection.execute(sqlalchemy.text(statement))
        finally:
            await engine.dispose()
        return caught.value.orig

    told = deadlock_error(asyncio.run(raised("SELECT pg_cancel_backend(pg_backend_pid())")))
    deadlock = "DO $$ BEGIN RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01'; END $$"
    real = asyncio.run(raised(deadlock))

    assert (type(told), str(told), told.sqlstate) == (type(real), str(real), "40P01")
    assert type(told.__cause__) is type(real.__cause__)


def test_a_pool_that_runs_out_gives_up_at_once(turns, dsn, along, values) -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    url = "postgresql+psycopg://"
    engine = sqlalchemy.create_engine(
        url, creator=lambda: psycopg.connect(dsn), pool_size=2, max_overflow=0, pool_timeout=3600
    )

    def nested() -> str:
        try:
            with engine.connect() as outer:
                turns.point("line")
                with engine.connect() as inner:
                    return f"{outer.scalar(sqlalchemy.text('SELECT 1'))}{inner.scalar(sqlalchemy.text('SELECT 2'))}"
        except sqlalchemy.exc.TimeoutError:
            return "none left"

    run = turns.run([nested, nested], along([0, 1, 0, 1]))
    assert run[0].ending == "completed"
    assert sorted(values(run)) == ["12", "none left"]
    assert any(step.kind == "blocked" for step in run[0].steps)
    engine.dispose()
