"""psycopg2, asyncpg, SQLAlchemy and Django on PostgreSQL, proven by a cut wire and by the server's own refusals."""

from __future__ import annotations

import contextlib
import inspect
import threading

import pytest

INSERT = "INSERT INTO t VALUES (2, 2)"


async def done(value):
    return await value if inspect.isawaitable(value) else value


def kind_of(error):
    return f"{type(error).__module__}.{type(error).__qualname__}"


class Psycopg2:
    """One way to reach the server. ``do`` gives a function that executes, ``commit`` one that commits."""

    execute_name, commit_name = "psycopg2.cursor.execute", "psycopg2.connection.commit"
    repeatable_read, serializable = "REPEATABLE READ", "SERIALIZABLE"

    def __init__(self, server):
        self.server = server
        self.module = pytest.importorskip("psycopg2")

    async def open(self, real, autocommit=False, isolation=""):
        self.server.reset()
        self.connection = self.module.connect(**self.server.address(real))
        self.connection.autocommit = autocommit
        if isolation:
            self.connection.set_session(isolation_level=isolation)

    def do(self, statement):
        cursor = self.connection.cursor()
        return lambda: cursor.execute(statement)

    @property
    def commit(self):
        return self.connection.commit

    @property
    def rollback(self):
        return self.connection.rollback

    def told_of(self, error):
        return {
            "class": kind_of(error),
            "text": str(error).partition("\n")[0],
            "state": getattr(error, "pgcode", None),
            "primary": error.diag.message_primary,
            "constraint": error.diag.constraint_name,
            "chain": (error.__cause__, error.__context__),
        }

    def told_of_connection(self):
        return self.connection.closed, self.connection.info.transaction_status

    async def close(self):
        self.connection.close()


class Psycopg2Dictionaries(Psycopg2):
    """By one of the cursors that psycopg2 brings in Python."""

    execute_name = "psycopg2.RealDictCursor.execute"

    def do(self, statement):
        extras = pytest.importorskip("psycopg2.extras")
        cursor = self.connection.cursor(cursor_factory=extras.RealDictCursor)
        return lambda: cursor.execute(statement)


class Asyncpg(Psycopg2):
    execute_name = commit_name = "asyncpg.Connection.execute"
    repeatable_read, serializable = "repeatable_read", "serializable"

    def __init__(self, server):
        self.server = server
        self.module = pytest.importorskip("asyncpg")

    async def open(self, real, autocommit=False, isolation=""):
        self.server.reset()
        address = self.server.address(real)
        address["database"] = address.pop("dbname")
        self.connection = await self.module.connect(**address, ssl=False)
        self.transaction = None
        if not autocommit:
            self.transaction = self.connection.transaction(isolation=isolation or None)
            await self.transaction.start()

    def do(self, statement):
        async def run():
            await self.connection.execute(statement)

        return run

    @property
    def commit(self):
        async def run():
            await self.transaction.commit()

        return run

    @property
    def rollback(self):
        async def run():
            await self.transaction.rollback()

        return run

    def told_of(self, error):
        return {
            "class": kind_of(error),
            "text": str(error).partition("\n")[0],
            "state": getattr(error, "sqlstate", None),
            "constraint": getattr(error, "constraint_name", None),
            "query": getattr(error, "query", None),
        }

    def told_of_connection(self):
        return (self.connection.is_closed(),)  # whether it is in a transaction means nothing then

    async def close(self):
        with contextlib.suppress(self.module.InterfaceError):
            await self.connection.close()


class SqlAlchemy(Psycopg2):
    """Synchronous engines; the driver's own exception is what the crossing gives."""

    execute_name = "sqlalchemy.DefaultDialect.do_execute"
    commit_name = "sqlalchemy.DefaultDialect.do_commit"
    driver = "psycopg"

    def __init__(self, server):
        self.server = server
        self.module = pytest.importorskip("sqlalchemy")
        pytest.importorskip(self.driver)

    def url(self, real):
        address = self.server.address(real)
        query = {} if real else {"host": address["host"]}
        return self.module.URL.create(
            f"postgresql+{self.driver}",
            username="shop",
            host=address["host"] if real else None,
            port=address.get("port"),
            database="postgres",
            query=query,
        )

    async def open(self, real, autocommit=False, isolation=""):
        self.server.reset()
        level = "AUTOCOMMIT" if autocommit else isolation
        options = {"isolation_level": level} if level else {}
        self.engine = self.module.create_engine(self.url(real), **options)
        with self.engine.connect():
            pass  # what the dialect asks of its first connection is not the program's
        self.connection = self.engine.connect()

    def do(self, statement):
        return lambda: self.connection.execute(self.module.text(statement))

    def told_of(self, error):
        below = error.orig
        return {
            "class": kind_of(below),
            "wrapped": kind_of(error),
            "text": str(below).partition("\n")[0],
            "state": getattr(below, "sqlstate", None) or getattr(below, "pgcode", None),
            "invalidated": error.connection_invalidated,
            "statement": error.statement,
            "cause": error.__cause__ is below,
        }

    def told_of_connection(self):
        return (self.connection.invalidated,)

    async def close(self):
        self.connection.close()
        self.engine.dispose()


class SqlAlchemyPsycopg2(SqlAlchemy):
    driver = "psycopg2"


class AsyncSqlAlchemy(SqlAlchemy):
    driver = "asyncpg"

    def __init__(self, server):
        super().__init__(server)
        self.asynchronous = pytest.importorskip("sqlalchemy.ext.asyncio")
        pytest.importorskip("greenlet")

    async def open(self, real, autocommit=False, isolation=""):
        self.server.reset()
        level = "AUTOCOMMIT" if autocommit else isolation
        options = {"isolation_level": level} if level else {}
        self.engine = self.asynchronous.create_async_engine(self.url(real), **options)
        async with self.engine.connect():
            pass
        self.connection = await self.engine.connect()

    def do(self, statement):
        async def run():
            await self.connection.execute(self.module.text(statement))

        return run

    def told_of(self, error):
        below = error.orig
        return super().told_of(error) | {"below": kind_of(below.__cause__) if below.__cause__ else None}

    async def close(self):
        await self.connection.close()
        await self.engine.dispose()


class AsyncSqlAlchemyPsycopg(AsyncSqlAlchemy):
    driver = "psycopg"


WAYS = [
    Psycopg2,
    Psycopg2Dictionaries,
    Asyncpg,
    SqlAlchemy,
    SqlAlchemyPsycopg2,
    AsyncSqlAlchemy,
    AsyncSqlAlchemyPsycopg,
]


@pytest.fixture(params=WAYS, ids=lambda each: each.__name__)
def way(request, server):
    return request.param(server)


async def facts(way, error):
    told = way.told_of(error) | {"connection": way.told_of_connection()}
    try:
        await done(way.do("SELECT 1")())
        told["next"] = "works"
    except Exception as following:
        told["next"] = kind_of(getattr(following, "orig", None) or following)
    await way.close()
    return told | {"rows": way.server.rows}


def test_the_reply_to_a_commit_is_lost(same, failing, way, loss):
    async def scenario(call, real):
        await way.open(real)
        await done(way.do(INSERT)())
        if real:
            way.server.wire.lose_reply()
        error = await failing(call(way.commit))
        told = await facts(way, error)
        assert told["rows"] == [(1, 1), (2, 2)]
        return told

    same(scenario, way.commit_name, "after", loss)


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_the_wire_is_cut_before_the_end_of_a_transaction(same, failing, way, end):
    async def scenario(call, real):
        await way.open(real)
        await done(way.do(INSERT)())
        if real:
            way.server.wire.cut()
        error = await failing(call(getattr(way, end)))
        told = await facts(way, error)
        assert told["rows"] == [(1, 1)]
        return told

    same(scenario, way.commit_name.replace("commit", end), "before", "connection-lost")


def test_the_wire_is_cut_before_a_statement(same, failing, way):
    async def scenario(call, real):
        await way.open(real)
        if real:
            way.server.wire.cut()
        error = await failing(call(way.do(INSERT)))
        return await facts(way, error)

    same(scenario, way.execute_name, "before", "connection-lost")


def test_the_reply_to_a_statement_that_commits_by_itself_is_lost(same, failing, way, loss):
    async def scenario(call, real):
        await way.open(real, autocommit=True)
        await done(way.do(INSERT.replace("2", "3"))())  # what is prepared for it is prepared
        await done(way.do(INSERT)())
        way.server.run("DELETE FROM t WHERE x > 1")
        if real:
            way.server.wire.lose_reply()
        error = await failing(call(way.do(INSERT)))
        return await facts(way, error)

    bench = same(scenario, way.execute_name, "after", loss)
    assert bench.slugs(way.execute_name)[0] == ("after", "connection-lost")


STATEMENTS = {
    "serialization-failure": "UPDATE t SET y = y + 1 WHERE x = 1",
    "deadlock": "UPDATE t SET y = y + 1 WHERE x = 1",
    "query-canceled": "SELECT count(*) FROM t",
    "unique-violation": "INSERT INTO t VALUES (1, 5)",
}


async def write_meanwhile(way, conflict):
    """Another session changes the row."""
    way.server.run("UPDATE t SET y = 7 WHERE x = 1")


async def take_long(way, conflict):
    """Another session holds the table, and this one has little time."""
    await done(way.do("SET LOCAL statement_timeout = 50")())
    other = conflict.enter_context(way.server.connect())
    other.execute("BEGIN")
    other.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")


async def lock_each_other(way, conflict):
    """Another session, which is never the victim, holds the row and waits for one that this session holds."""
    way.server.run("INSERT INTO t VALUES (9, 9)")
    await done(way.do("SET LOCAL deadlock_timeout = 10")())
    await done(way.do("UPDATE t SET y = 0 WHERE x = 9")())
    other = conflict.enter_context(way.server.connect())
    other.execute("SET deadlock_timeout = '100s'")
    other.execute("BEGIN")
    other.execute("UPDATE t SET y = 0 WHERE x = 1")
    waiting = threading.Thread(target=other.execute, args=("UPDATE t SET y = 0 WHERE x = 9",))
    waiting.start()
    conflict.callback(waiting.join)


async def nothing(way, conflict):
    """The row is there already."""


PROVOKED = {
    "serialization-failure": write_meanwhile,
    "deadlock": lock_each_other,
    "query-canceled": take_long,
    "unique-violation": nothing,
}


@pytest.mark.parametrize("slug", list(PROVOKED))
def test_the_server_refuses_a_statement(same, failing, way, slug):
    async def scenario(call, real):
        await way.open(False, isolation=way.repeatable_read if slug == "serialization-failure" else "")
        await done(way.do("SELECT 1 FROM pg_class LIMIT 1")())
        with contextlib.ExitStack() as conflict:
            if real:
                await PROVOKED[slug](way, conflict)
            error = await failing(call(way.do(STATEMENTS[slug])))
        told = await facts(way, error)
        told.pop("rows")  # a real conflict leaves the other one's change
        return told

    same(scenario, way.execute_name, "before", slug, offered=slug != "deadlock")


def test_an_administrator_ends_the_session(same, failing, server):
    way = Psycopg2(server)

    async def scenario(call, real):
        await way.open(False)
        if real:
            server.run(f"SELECT pg_terminate_backend({way.connection.info.backend_pid})")
        error = await failing(call(way.do(INSERT)))
        return await facts(way, error)

    same(scenario, way.execute_name, "before", "admin-shutdown", offered=False)


def test_the_server_refuses_a_commit(same, failing, way):
    async def scenario(call, real):
        await way.open(False, isolation=way.serializable)
        await done(way.do("SELECT sum(y) FROM t")())
        if real:
            with way.server.connect() as other:
                other.execute("BEGIN ISOLATION LEVEL SERIALIZABLE")
                other.execute("SELECT sum(y) FROM t").fetchall()
                other.execute("INSERT INTO t VALUES (8, 8)")
                await done(way.do(INSERT)())
                other.execute("COMMIT")
        else:
            await done(way.do(INSERT)())
        error = await failing(call(way.commit))
        told = await facts(way, error)
        told.pop("rows")
        told.pop("text")
        told.pop("primary", None)
        return told

    same(scenario, way.commit_name, "before", "serialization-failure")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_pool_replaces_a_connection_that_was_lost(same, failing, server, when):
    asyncpg = pytest.importorskip("asyncpg")

    async def scenario(call, real):
        server.reset()
        address = server.address(real)
        address["database"] = address.pop("dbname")
        async with asyncpg.create_pool(**address, ssl=False, min_size=1, max_size=1) as pool:
            connection = await pool.acquire()

            async def insert():
                await connection.execute(INSERT)

            if real and when == "before":
                server.wire.cut()
            elif real:
                server.wire.lose_reply()
            error = await failing(call(insert))
            server.wire.heal()
            with pytest.raises(asyncpg.InterfaceError) as following:
                connection.is_closed()
            await pool.release(connection)
            async with pool.acquire() as other:
                return {
                    "class": kind_of(error),
                    "text": str(error),
                    "following": str(following.value),
                    "works": await other.fetchval("SELECT count(*) FROM t"),
                }

    same(scenario, "asyncpg.Connection.execute", when, "connection-lost")
