"""Django on PostgreSQL and SQLite: its own exceptions, with the driver's as their cause."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest

django = pytest.importorskip("django")

NAME = "django.CursorWrapper.execute"
INSERT = "INSERT INTO t VALUES (2, 2)"


@pytest.fixture(autouse=True)
def in_a_running_loop(monkeypatch):
    """The scenarios are coroutines, which Django would rather not see."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


def wrapper_of(engine, **settings):
    """A connection of Django's own to one database, whatever the settings of the process are."""
    conf = pytest.importorskip("django.conf")
    if not conf.settings.configured:
        conf.settings.configure(
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
        )
    django.setup()
    utils = pytest.importorskip("django.db.utils")
    handler = utils.ConnectionHandler({"default": {"ENGINE": f"django.db.backends.{engine}", **settings}})
    return handler["default"]


def facts(error, connection):
    cause = error.__cause__
    return {
        "class": f"{type(error).__module__}.{type(error).__qualname__}",
        "args": len(error.args),
        "text": str(error).partition("\n")[0],
        "cause": f"{type(cause).__module__}.{type(cause).__qualname__}",
        "context": error.__context__ is cause,
        "state": getattr(cause, "sqlstate", None),
        "code": getattr(cause, "sqlite_errorname", None),
        "spoiled": connection.errors_occurred,
        "usable": connection.is_usable(),
    }


@pytest.mark.parametrize("slug", ["connection-lost", "unique-violation", "query-canceled"])
def test_postgres(same, failing, server, slug):
    async def scenario(call, real):
        server.reset()
        address = server.address(real and slug == "connection-lost")
        connection = wrapper_of(
            "postgresql",
            NAME=address["dbname"],
            USER=address["user"],
            HOST=address["host"],
            PORT=str(address.get("port", "")),
        )
        statement = {
            "unique-violation": "INSERT INTO t VALUES (1, 1)",
            "query-canceled": "SELECT * FROM t",
        }.get(slug, INSERT)
        with contextlib.ExitStack() as conflict:
            cursor = conflict.enter_context(connection.cursor())
            if real and slug == "connection-lost":
                server.wire.cut()
            if real and slug == "query-canceled":
                cursor.execute("SET statement_timeout = 50")
                other = conflict.enter_context(server.connect())
                other.execute("BEGIN")
                other.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
            error = await failing(call(lambda: cursor.execute(statement)))
        told = facts(error, connection)
        connection.close()
        return told | {"rows": server.rows}

    same(scenario, NAME, "before", slug)


def test_the_reply_is_lost_where_statements_commit_by_themselves(same, failing, server, loss):
    async def scenario(call, real):
        server.reset()
        address = server.address(real)
        connection = wrapper_of(
            "postgresql",
            NAME="postgres",
            USER="shop",
            HOST=address["host"],
            PORT=str(address.get("port", "")),
        )
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            if real:
                server.wire.lose_reply()
            error = await failing(call(lambda: cursor.execute(INSERT)))
        told = facts(error, connection)
        connection.close()
        assert server.rows == [(1, 1), (2, 2)]
        return told

    same(scenario, NAME, "after", loss)


@pytest.mark.parametrize("slug", ["locked", "unique-violation"])
def test_sqlite(same, failing, tmp_path, slug):
    path = tmp_path / "shop.db"
    with contextlib.closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE t (x PRIMARY KEY, y)")
        made.execute("INSERT INTO t VALUES (1, 1)")
        made.commit()

    async def scenario(call, real):
        connection = wrapper_of("sqlite3", NAME=str(path), OPTIONS={"timeout": 0})
        statement = "INSERT INTO t VALUES (1, 1)" if slug == "unique-violation" else INSERT
        with (
            contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other,
            connection.cursor() as cursor,
        ):
            if real and slug == "locked":
                other.execute("BEGIN IMMEDIATE")
            error = await failing(call(lambda: cursor.execute(statement)))
        told = facts(error, connection)
        connection.close()
        return told

    same(scenario, NAME, "before", slug)
