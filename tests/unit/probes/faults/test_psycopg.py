"""psycopg, synchronous and not: what the probe makes happen is what a cut wire or the server makes happen."""

from __future__ import annotations

import asyncio
import inspect
import threading

import pytest

from dryfit.probes.faults import postgres

psycopg = pytest.importorskip("psycopg")


async def done(value):
    return await value if inspect.isawaitable(value) else value


def name_of(kind, method):
    if method == "execute":
        return "psycopg.AsyncCursor.execute" if kind == "async" else "psycopg.Cursor.execute"
    return f"psycopg.{'AsyncConnection' if kind == 'async' else 'Connection'}.{method}"


@pytest.fixture(params=["sync", "async"])
def kind(request):
    return request.param


@pytest.fixture
def database(server, kind):
    return Database(server, kind)


class Database:
    """The server's table, and connections to it."""

    def __init__(self, server, kind):
        self._server, self.kind = server, kind
        self.wire, self.connect, self.run = server.wire, server.connect, server.run

    @property
    def rows(self):
        return self._server.rows

    async def open(self, over_wire, **options):
        """A connection to a database as it was at first."""
        self._server.reset()
        connect = psycopg.AsyncConnection.connect if self.kind == "async" else psycopg.connect
        return await done(connect(**self._server.address(over_wire), sslmode="disable", **options))


async def facts(database, connection, error):
    """What a program can see of the exception, of the connection, and of the database."""
    told = {
        "class": f"{type(error).__module__}.{type(error).__qualname__}",
        "sqlstate": getattr(error, "sqlstate", None),
        "primary": error.diag.message_primary,
        "constraint": error.diag.constraint_name,
        "table": error.diag.table_name,
        "text": str(error).partition("\n")[0],
        "chain": (error.__cause__, error.__context__),
        "closed": connection.closed,
        "broken": connection.broken,
        "status": connection.info.transaction_status.name,
    }
    try:
        await done(connection.execute("SELECT 1"))
        told["next"] = "works"
    except psycopg.Error as following:
        told["next"] = type(following).__name__
    await done(connection.close())
    return told | {"rows": database.rows}


INSERT = "INSERT INTO t VALUES (2, 2)"


def test_the_reply_to_a_commit_is_lost(same, failing, database, kind, loss):
    async def scenario(call, real):
        connection = await database.open(real)
        await done(connection.execute(INSERT))
        if real:
            database.wire.lose_reply()
        error = await failing(call(connection.commit))
        return await facts(database, connection, error)

    bench = same(scenario, name_of(kind, "commit"), "after", loss)
    assert bench.slugs(name_of(kind, "commit")) == [
        ("after", "connection-lost"),
        ("before", "connection-lost"),
        ("before", "serialization-failure"),
    ]


@pytest.mark.parametrize("method", ["commit", "rollback"])
def test_the_wire_is_cut_before_the_end_of_a_transaction(same, failing, database, kind, method):
    async def scenario(call, real):
        connection = await database.open(real)
        await done(connection.execute(INSERT))
        if real:
            database.wire.cut()
        error = await failing(call(getattr(connection, method)))
        told = await facts(database, connection, error)
        assert told["rows"] == [(1, 1)]
        return told

    same(scenario, name_of(kind, method), "before", "connection-lost")


@pytest.mark.parametrize("statement", [INSERT, "SELECT 1", "BEGIN"])
def test_the_wire_is_cut_before_a_statement(same, failing, database, kind, statement):
    async def scenario(call, real):
        connection = await database.open(real)
        cursor = connection.cursor()
        if real:
            database.wire.cut()
        error = await failing(
            call(lambda: cursor.execute(statement)) if kind == "sync" else execute(call, cursor)
        )
        return await facts(database, connection, error)

    async def execute(call, cursor):
        async def run():
            await cursor.execute(statement)

        await call(run)

    same(scenario, name_of(kind, "execute"), "before", "connection-lost")


def test_the_reply_to_a_statement_that_commits_by_itself_is_lost(same, failing, database, kind, loss):
    async def scenario(call, real):
        connection = await database.open(real, autocommit=True)
        cursor = connection.cursor()
        if real:
            database.wire.lose_reply()
        error = await failing(call(running(cursor, kind, INSERT)))
        told = await facts(database, connection, error)
        assert told["rows"] == [(1, 1), (2, 2)]
        return told

    same(scenario, name_of(kind, "execute"), "after", loss)


def running(cursor, kind, statement):
    async def run():
        await cursor.execute(statement)

    return run if kind == "async" else lambda: cursor.execute(statement)


@pytest.mark.parametrize("slug", ["query-canceled", "serialization-failure"])
def test_a_refusal_leaves_the_session_as_it_was(faulty, failing, database, kind, slug):

    async def scenario(call):
        connection = await database.open(False, autocommit=True)
        notices = []
        connection.add_notice_handler(notices.append)
        error = await failing(call(running(connection.cursor(), kind, INSERT)))
        shown = await done((await done(connection.execute("SHOW statement_timeout"))).fetchone())
        await done(connection.close())
        return error.sqlstate, shown, notices

    with faulty(name_of(kind, "execute"), "before", slug) as bench:
        state, shown, notices = asyncio.run(scenario(bench.call))
    assert (state, shown, notices) == (postgres.STATES[slug], ("0",), [])
    assert database.rows == [(1, 1)]


def test_a_duplicate_needs_a_constraint(faulty, failing, database):
    async def scenario(call):
        connection = await database.open(False)
        await done(connection.execute("CREATE TEMPORARY TABLE loose (x int)"))
        cursor = connection.cursor()
        await call(running(cursor, database.kind, "INSERT INTO loose VALUES (1)"))
        await done(connection.close())

    with faulty(name_of(database.kind, "execute"), "before", "unique-violation") as bench:
        asyncio.run(scenario(bench.call))
    assert bench.fired == 0
    assert bench.why == "the table has no unique constraint that the statement could violate"


REFUSALS = ["serialization-failure", "deadlock", "query-canceled", "unique-violation", "admin-shutdown"]


@pytest.mark.parametrize("slug", REFUSALS)
def test_the_server_refuses_a_statement(same, failing, database, kind, slug):
    statement = {
        "unique-violation": "INSERT INTO t VALUES (1, 5)",
        "serialization-failure": "UPDATE t SET y = y + 1 WHERE x = 1",
        "deadlock": "UPDATE t SET y = y + 1 WHERE x = 1",
    }.get(slug, "SELECT count(*) FROM t")

    async def scenario(call, real):
        connection = await database.open(False)
        if slug == "serialization-failure":
            await done(connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        if slug != "query-canceled":
            await done(connection.execute("SELECT * FROM t"))
        provoked = PROVOKED[slug](database, connection) if real else None
        if real:
            await done(provoked.__anext__())
        error = await failing(call(running(connection.cursor(), kind, statement)))
        if real:
            await done(provoked.aclose())
        told = await facts(database, connection, error)
        told.pop("rows")  # a real conflict leaves the other one's change
        return told

    same(scenario, name_of(kind, "execute"), "before", slug, offered=slug in OFFERED)


OFFERED = {"serialization-failure", "query-canceled", "unique-violation"}


async def conflict(database, connection):
    database.run("UPDATE t SET y = 7 WHERE x = 1")
    yield


async def deadlock(database, connection):
    """Another session, which is never the victim, holds the row and waits for another one that this one holds."""
    database.run("INSERT INTO t VALUES (9, 9)")
    await done(connection.execute("SET LOCAL deadlock_timeout = '10ms'"))
    await done(connection.execute("UPDATE t SET y = 0 WHERE x = 9"))
    with database.connect() as other:
        other.execute("SET deadlock_timeout = '100s'")
        other.execute("BEGIN")
        other.execute("UPDATE t SET y = 0 WHERE x = 1")
        waits = threading.Thread(target=other.execute, args=("UPDATE t SET y = 0 WHERE x = 9",))
        waits.start()
        yield
        waits.join()
        other.execute("ROLLBACK")


async def timeout(database, connection):
    await done(connection.execute("SET LOCAL statement_timeout = '50ms'"))
    with database.connect() as other:
        other.execute("BEGIN")
        other.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
        yield


async def nothing(database, connection):
    yield


async def shutdown(database, connection):
    database.run(f"SELECT pg_terminate_backend({connection.info.backend_pid})")
    yield


PROVOKED = {
    "serialization-failure": conflict,
    "deadlock": deadlock,
    "query-canceled": timeout,
    "unique-violation": nothing,
    "admin-shutdown": shutdown,
}
