"""sqlite3: a lock, a full database and a duplicate, as SQLite itself has them, bare and through SQLAlchemy."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest

INSERT = "INSERT INTO t VALUES (2, 2)"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "shop.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (x INTEGER PRIMARY KEY, y UNIQUE)")
        connection.execute("INSERT INTO t VALUES (1, 1)")
        connection.commit()
    return path


@contextlib.contextmanager
def writer(path, real, begin="BEGIN IMMEDIATE"):
    """Another connection, which writes."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        if real:
            other.execute(begin)
            other.execute("SELECT * FROM t").fetchall()
        yield
        if real:
            other.execute("ROLLBACK")


def facts(connection, error):
    told = {
        "class": f"{type(error).__module__}.{type(error).__qualname__}",
        "text": str(error),
        "args": error.args,
        "code": (error.sqlite_errorcode, error.sqlite_errorname),
        "chain": (error.__cause__, error.__context__),
        "transaction": connection.in_transaction,
    }
    connection.rollback()
    return told | {"rows": connection.execute("SELECT * FROM t").fetchall()}


@pytest.mark.parametrize("isolation", ["", "IMMEDIATE", None])
@pytest.mark.parametrize(
    "statement",
    [
        INSERT,
        "UPDATE t SET y = 3",
        "BEGIN IMMEDIATE",
        "CREATE TABLE u (x)",
        "WITH a AS (SELECT 3) INSERT INTO t SELECT *, 1 FROM a",
    ],
)
def test_another_connection_writes(same, failing, path, isolation, statement):
    async def scenario(call, real):
        with contextlib.closing(sqlite3.connect(path, timeout=0, isolation_level=isolation)) as connection:
            with writer(path, real):
                error = await failing(call(lambda: connection.cursor().execute(statement)))
            return facts(connection, error)

    bench = same(scenario, "sqlite3.Cursor.execute", "before", "locked")
    assert {when for when, _ in bench.slugs("sqlite3.Cursor.execute")} == {"before"}


@pytest.mark.skipif(not hasattr(sqlite3.Connection, "autocommit"), reason="Python 3.12 brought it")
@pytest.mark.parametrize("autocommit", [True, False])
def test_another_connection_writes_where_the_standard_is_kept(same, failing, path, autocommit):
    async def scenario(call, real):
        with contextlib.closing(sqlite3.connect(path, timeout=0, autocommit=autocommit)) as connection:
            with writer(path, real):
                error = await failing(call(lambda: connection.execute(INSERT)))
            return facts(connection, error)

    same(scenario, "sqlite3.Connection.execute", "before", "locked")


def test_another_connection_writes_as_a_script_begins(same, failing, path):
    async def scenario(call, real):
        with contextlib.closing(sqlite3.connect(path, timeout=0)) as connection:
            with writer(path, real):
                error = await failing(call(lambda: connection.executescript(f"{INSERT}; SELECT 1")))
            return facts(connection, error)

    same(scenario, "sqlite3.Connection.executescript", "before", "locked")


def test_a_reader_is_in_the_way_of_a_commit(same, failing, path):
    async def scenario(call, real):
        with contextlib.closing(sqlite3.connect(path, timeout=0)) as connection:
            with writer(path, real, "BEGIN"):
                connection.execute(INSERT)
                error = await failing(call(connection.commit))
            return facts(connection, error)

    same(scenario, "sqlite3.Connection.commit", "before", "locked")


@pytest.mark.parametrize("many", [False, True])
def test_there_is_no_room(same, failing, path, many):
    async def scenario(call, real):
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("UPDATE t SET y = 9")
            if real:
                connection.execute("PRAGMA max_page_count = 3")
            big = ("x" * 100_000,)
            error = await failing(
                call(
                    (lambda: connection.executemany("INSERT INTO t (y) VALUES (?)", [big]))
                    if many
                    else lambda: connection.execute("INSERT INTO t (y) VALUES (?)", big)
                )
            )
            return facts(connection, error)

    name = "sqlite3.Connection.executemany" if many else "sqlite3.Connection.execute"
    same(scenario, name, "before", "disk-full")


@pytest.mark.parametrize(
    "table",
    [
        "t (x INTEGER PRIMARY KEY, y UNIQUE)",
        "t (x INTEGER PRIMARY KEY, y)",
        "t (x TEXT PRIMARY KEY, y)",
        "t (x, y, UNIQUE (x, y))",
    ],
)
def test_the_row_is_there_already(same, failing, tmp_path, table):
    path = tmp_path / "shop.db"

    async def scenario(call, real):
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.executescript(
                f"DROP TABLE IF EXISTS t; CREATE TABLE {table}; INSERT INTO t VALUES (1, 1);"
            )
            row = "(5, 1)" if "y UNIQUE" in table else "(1, 1)"
            error = await failing(call(lambda: connection.execute(f"INSERT INTO t VALUES {row}")))
            return facts(connection, error)

    same(scenario, "sqlite3.Connection.execute", "before", "unique-violation")


def test_a_table_without_a_key_has_no_duplicates(faulty):
    with (
        faulty("sqlite3.Connection.execute", "before", "unique-violation") as bench,
        contextlib.closing(sqlite3.connect(":memory:")) as connection,
    ):
        connection.execute("CREATE TABLE t (x)")
        bench.store.call(lambda: connection.execute("INSERT INTO t VALUES (1)"))
        assert connection.in_transaction
    assert bench.fired == 0
    assert bench.why == "the table 't' has no unique columns that the statement could violate"


def test_sqlalchemy_wraps_it(same, failing, path):
    sqlalchemy = pytest.importorskip("sqlalchemy")

    async def scenario(call, real):
        engine = sqlalchemy.create_engine(f"sqlite:///{path}", connect_args={"timeout": 0})
        with engine.connect() as connection:
            with writer(path, real):
                error = await failing(call(lambda: connection.execute(sqlalchemy.text(INSERT))))
            told = {
                "class": "sqlite3.OperationalError",
                "wrapped": type(error),
                "statement": error.statement,
                "same": error.orig is error.__cause__,
                "lost": error.connection_invalidated,
            }
            told |= facts(connection.connection.driver_connection, error.orig)
        engine.dispose()
        return told

    same(scenario, "sqlalchemy.DefaultDialect.do_execute", "before", "locked")
