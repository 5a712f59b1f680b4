"""Who waits for whom is what the server says: every kind of lock, every driver, every user."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import psycopg
import pytest

from dryfit.model.errors import ResourceError
from dryfit.model.interleaving import Backend
from dryfit.resources.postgres.waits import PostgresBackends

Until = Callable[[Callable[[], bool]], None]


@pytest.fixture
def backends() -> Iterator[PostgresBackends]:
    found = PostgresBackends()
    yield found
    found.close()


class Sessions:
    """Connections of a program: ``first`` holds a lock, ``second`` waits for it in a thread of its own."""

    def __init__(self, url: str, opened: ExitStack, backends: PostgresBackends, until: Until) -> None:
        self._url, self._opened = url, opened
        self._backends, self._until = backends, until
        self.first, self.second = self.connect(), self.connect()

    def connect(self, **options: object) -> psycopg.Connection:
        connection = self._opened.enter_context(psycopg.connect(self._url, **options))
        self._opened.callback(connection.cancel_safe)
        return connection

    def number(self, connection: object) -> Backend:
        found = self._backends.backend(connection)
        assert found is not None
        return found

    def waits(self, *statements: str, connection: psycopg.Connection | None = None) -> tuple[Backend, ...]:
        """Whom the second waits for in the last of the statements; it is cancelled then."""
        waiting = connection or self.second
        me = self.number(waiting)
        thread = threading.Thread(target=self._run, args=(waiting, statements))
        thread.start()
        self._until(lambda: bool(self._backends.blockers([me])) or not thread.is_alive())
        found = self._backends.blockers([self.number(self.first), me])
        self._backends.cancel(me)
        thread.join()
        assert isinstance(self.error, psycopg.errors.QueryCanceled)
        assert found.keys() == {me}
        return found[me]

    def _run(self, connection: psycopg.Connection, statements: tuple[str, ...]) -> None:
        self.error: Exception | None = None
        try:
            for statement in statements:
                connection.execute(statement)
        except psycopg.Error as error:
            self.error = error


@pytest.fixture
def sessions(database, backends, until) -> Iterator[Sessions]:
    with ExitStack() as opened:
        yield Sessions(database.resource.handle.url, opened, backends, until)


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        ("UPDATE customers SET name = 'x' WHERE id = 1", "UPDATE customers SET name = 'y' WHERE id = 1"),
        ("SELECT FROM customers WHERE id = 1 FOR UPDATE", "SELECT FROM customers WHERE id = 1 FOR UPDATE"),
        ("DELETE FROM customers WHERE id = 1", "INSERT INTO orders (customer_id, total) VALUES (1, 1)"),
        ("INSERT INTO customers (name) VALUES ('n')", "INSERT INTO customers (name) VALUES ('n')"),
        ("SELECT pg_advisory_xact_lock(1, 2)", "SELECT pg_advisory_lock(1, 2)"),
        ("SELECT pg_advisory_xact_lock(3)", "DO $$ BEGIN PERFORM pg_advisory_xact_lock(3); END $$"),
        ("LOCK TABLE customers", "SELECT FROM customers"),
        ("INSERT INTO rooms VALUES (3, '[20,30)')", "INSERT INTO rooms VALUES (4, '[25,26)')"),
    ],
    ids=["row", "FOR UPDATE", "foreign key", "unique", "advisory", "in a function", "table", "exclusion"],
)
def test_every_lock_is_known(sessions, held, wanted):
    sessions.first.execute(held)
    assert sessions.waits(wanted) == (sessions.number(sessions.first),)


def test_nobody_waits(sessions, backends):
    both = [sessions.number(sessions.first), sessions.number(sessions.second)]
    sessions.first.execute("UPDATE customers SET name = 'x' WHERE id = 1")
    sessions.second.execute("UPDATE customers SET name = 'z' WHERE id = 2")
    assert backends.blockers(both) == {}
    assert backends.blockers([]) == {}


def test_all_who_hold_a_lock_are_told(sessions):
    third = sessions.connect()
    for connection in (sessions.first, third):
        connection.execute("SELECT FROM customers WHERE id = 1 FOR SHARE")
    sessions.first.execute("LOCK TABLE orders IN SHARE MODE")
    third.execute("LOCK TABLE orders IN SHARE MODE")
    assert set(sessions.waits("LOCK TABLE orders")) == {
        sessions.number(sessions.first),
        sessions.number(third),
    }


def test_a_parallel_worker_counts_as_who_started_it(sessions):
    sessions.first.execute("SELECT pg_advisory_lock(7)")
    parallel = [
        "CREATE FUNCTION pg_temp.hold() RETURNS int LANGUAGE plpgsql PARALLEL SAFE AS"
        " $$ BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN 1; END $$",
        "SET LOCAL debug_parallel_query = on",
        "SELECT pg_temp.hold()",
    ]
    assert sessions.waits(*parallel) == (sessions.number(sessions.first),)


def test_a_safe_snapshot_is_waited_for(sessions):
    sessions.first.execute("BEGIN ISOLATION LEVEL SERIALIZABLE")
    sessions.first.execute("UPDATE customers SET name = 'x' WHERE id = 1")
    begin = "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE"
    assert sessions.waits(begin, "SELECT FROM customers") == (sessions.number(sessions.first),)


def test_others_are_told_as_well(sessions, database):
    with database.connect(autocommit=False) as other:
        other.execute("UPDATE customers SET name = 'x' WHERE id = 3")
        pid = other.info.backend_pid
        (found,) = sessions.waits("UPDATE customers SET name = 'y' WHERE id = 3")
        assert found == Backend(sessions.number(sessions.first).server, pid)


def test_a_deadlock_is_a_circle(sessions, backends, until):
    first, second = sessions.number(sessions.first), sessions.number(sessions.second)
    for connection, row in ((sessions.first, 1), (sessions.second, 2)):
        connection.execute("SET LOCAL deadlock_timeout = '10min'")
        connection.execute("SELECT FROM customers WHERE id = %s FOR UPDATE", [row])
    threads = [
        threading.Thread(
            target=_refused, args=(connection, "SELECT FROM customers WHERE id = %s FOR UPDATE", row)
        )
        for connection, row in ((sessions.first, 2), (sessions.second, 1))
    ]
    for thread in threads:
        thread.start()
    until(lambda: len(backends.blockers([first, second])) == 2)
    assert backends.blockers([first, second]) == {first: (second,), second: (first,)}
    backends.cancel(first)
    threads[0].join()
    sessions.first.rollback()
    threads[1].join()
    assert backends.blockers([first, second]) == {}


def _refused(connection: psycopg.Connection, statement: str, row: int) -> None:
    with suppress(psycopg.errors.QueryCanceled):
        connection.execute(statement, [row])


@pytest.fixture
def ordinary(database) -> Iterator[str]:
    """A user who owns nothing, and may write."""
    handle = database.resource.handle
    database.run("CREATE ROLE plain LOGIN PASSWORD 'p'", "GRANT ALL ON customers TO plain")
    yield f"postgresql://plain:p@{handle.host}:{handle.port}/{handle.database}"
    database.run("DROP OWNED BY plain", "DROP ROLE plain")


def test_an_ordinary_user_is_told_and_may_cancel(ordinary, backends, until, database):
    with ExitStack() as opened:
        plain = Sessions(ordinary, opened, backends, until)
        plain.first.execute("UPDATE customers SET name = 'x' WHERE id = 1")
        assert plain.waits("UPDATE customers SET name = 'y' WHERE id = 1") == (plain.number(plain.first),)


def test_each_user_cancels_what_is_its_own(ordinary, sessions, backends, until):
    with psycopg.connect(ordinary) as plain:
        sessions.first.execute("UPDATE customers SET name = 'x' WHERE id = 1")
        update = "UPDATE customers SET name = 'y' WHERE id = 1"
        assert sessions.waits(update, connection=plain) == (sessions.number(sessions.first),)


def test_two_addresses_of_one_server_are_one(database, backends, endpoint):
    handle = database.resource.handle
    by_socket = psycopg.connect(
        host=endpoint.socket,
        port=endpoint.port,
        user=handle.user,
        password=handle.password,
        dbname=handle.database,
    )
    with database.connect() as by_tcp, by_socket:
        first, second = backends.backend(by_tcp), backends.backend(by_socket)
        assert first is not None
        assert second is not None
        assert first.server == second.server


def test_every_driver_is_known(database, backends):
    psycopg2 = pytest.importorskip("psycopg2")
    sqlalchemy = pytest.importorskip("sqlalchemy")
    url = database.resource.handle.url
    two = psycopg2.connect(url)
    assert backends.backend(two).number == two.info.backend_pid
    for driver in ("psycopg", "psycopg2"):
        engine = sqlalchemy.create_engine(url.replace("postgresql:", f"postgresql+{driver}:"))
        with engine.connect() as connection:
            pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            assert backends.backend(connection.connection).number == pid
        engine.dispose()
    two.close()
    assert backends.backend(two) is None


def test_asynchronous_drivers_are_known(database, backends):
    asyncpg = pytest.importorskip("asyncpg")
    sqlalchemy = pytest.importorskip("sqlalchemy.ext.asyncio")
    url = database.resource.handle.url

    async def numbers() -> None:
        own = await asyncpg.connect(url)
        assert backends.backend(own).number == await own.fetchval("SELECT pg_backend_pid()")
        await own.close()
        assert backends.backend(own) is None
        async with asyncpg.create_pool(url, min_size=1, max_size=1) as pool, pool.acquire() as lent:
            assert backends.backend(lent).number == await lent.fetchval("SELECT pg_backend_pid()")
        async with await psycopg.AsyncConnection.connect(url) as connection:
            assert backends.backend(connection).number == connection.info.backend_pid
        for driver in ("psycopg", "asyncpg"):
            engine = sqlalchemy.create_async_engine(url.replace("postgresql:", f"postgresql+{driver}:"))
            async with engine.connect() as connection:
                pid = (await connection.exec_driver_sql("SELECT pg_backend_pid()")).scalar_one()
                assert backends.backend(await connection.get_raw_connection()).number == pid
            await engine.dispose()

    asyncio.run(numbers())


def test_other_things_are_no_backends(backends, database):
    closed = database.connect()
    closed.close()
    assert [backends.backend(each) for each in (None, object(), closed)] == [None, None, None]


def test_our_own_connection_bears_our_name_and_is_in_nobodys_way(sessions, database, backends):
    backends.blockers([sessions.number(sessions.first)])
    ours = "SELECT datname, application_name, state FROM pg_stat_activity WHERE query LIKE 'EXECUTE dryfit_waits%'"
    with database.connect() as connection:
        found = connection.execute(ours).fetchall()
    assert found == [("postgres", "dryfit", "idle")]


def test_a_lost_connection_is_opened_again(sessions, database, backends):
    me = sessions.number(sessions.first)
    backends.blockers([me])
    ended = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query LIKE 'EXECUTE dryfit_waits%'"
    with database.connect() as connection:
        assert connection.execute(ended).fetchall() == [(True,)]
    assert backends.blockers([me]) == {}


def test_psycopg2_alone_is_enough(sessions, backends, monkeypatch):
    pytest.importorskip("psycopg2")
    monkeypatch.setitem(sys.modules, "psycopg.conninfo", None)
    sessions.first.execute("UPDATE customers SET name = 'x' WHERE id = 1")
    assert sessions.waits("UPDATE customers SET name = 'y' WHERE id = 1") == (
        sessions.number(sessions.first),
    )
    assert type(backends._inquiries.popitem()[1]._wire).__name__ == "_Psycopg2"


def test_a_server_that_is_gone_is_named(backends, sessions):
    me = sessions.number(sessions.first)
    inquiry = next(iter(backends._inquiries.values()))
    inquiry.close()
    inquiry._parameters["port"] = "1"
    with pytest.raises(ResourceError, match="cannot be asked who waits"):
        backends.blockers([me])
    assert backends.cancel(me) is None


def test_a_fork_asks_on_a_connection_of_its_own(sessions, backends):
    me = sessions.number(sessions.first)
    child = os.fork()
    if child == 0:
        os._exit(0 if backends.blockers([me]) == {} else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert backends.blockers([me]) == {}
