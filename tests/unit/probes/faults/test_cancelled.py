"""Whoever awaits a library is cancelled, while the library waits for a server."""

from __future__ import annotations

import asyncio

import pytest

psycopg = pytest.importorskip("psycopg")


async def cancelled(coroutine, is_underway):
    """Await it in a task that is cancelled once the server is busy with it."""
    task = asyncio.ensure_future(coroutine)
    while not is_underway():
        await asyncio.sleep(0)
    task.cancel()
    await task


class Psycopg:
    name = "psycopg.AsyncCursor.execute"

    async def open(self, server):
        self.connection = await psycopg.AsyncConnection.connect(**server.address(False))
        await self.connection.execute("SET application_name = 'to be cancelled'")

    async def execute(self, statement):
        await self.connection.execute(statement)

    def state(self):
        return self.connection.closed, self.connection.info.transaction_status.name


class Asyncpg(Psycopg):
    name = "asyncpg.Connection.execute"

    async def open(self, server):
        address = server.address(False)
        self.connection = await pytest.importorskip("asyncpg").connect(
            user=address["user"], host=address["host"], database=address["dbname"]
        )
        await self.connection.execute("SET application_name = 'to be cancelled'")
        await self.connection.execute("BEGIN")

    async def execute(self, statement):
        await self.connection.execute(statement)

    def state(self):
        return self.connection.is_closed(), self.connection.is_in_transaction()


@pytest.mark.parametrize("driver", [Psycopg, Asyncpg])
def test_a_statement(same, failing, server, driver):
    async def scenario(call, real):
        server.reset()
        database = driver()
        await database.open(server)
        await database.execute("INSERT INTO t VALUES (2, 2)")

        def waits():
            with server.connect() as other:
                return other.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'to be cancelled'"
                    " AND wait_event_type = 'Lock'"
                ).fetchone() == (1,)

        async def update():
            await database.execute("UPDATE t SET y = 5 WHERE x = 1")

        with server.connect() as other:
            other.execute("BEGIN")
            if real:
                other.execute("UPDATE t SET y = 5 WHERE x = 1")
                error = await failing(cancelled(update(), waits))
            else:
                error = await failing(call(update))
            following = await failing(database.execute("SELECT 1"))
            other.execute("ROLLBACK")
        told = {
            "class": f"{type(error).__module__}.{type(error).__qualname__}",
            "args": error.args,
            "state": database.state(),
            "following": type(following).__name__,
        }
        await database.connection.close()
        return told | {"rows": server.rows}

    bench = same(scenario, driver.name, "before", "cancelled")
    assert ("before", "cancelled") in bench.slugs(driver.name)


def test_a_request(same, failing):
    httpx = pytest.importorskip("httpx")

    async def scenario(call, real):
        asked = asyncio.Event()

        async def answer(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            asked.set()
            if real:
                await reader.read()  # until the client hangs up
            else:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1")
        port = server.sockets[0].getsockname()[1]
        async with server, httpx.AsyncClient() as client:

            async def get():
                await client.get(f"http://127.0.0.1:{port}")

            error = await failing(cancelled(get(), asked.is_set) if real else call(get))
            return {
                "class": f"{type(error).__module__}.{type(error).__qualname__}",
                "args": error.args,
                "closed": client.is_closed,
                "asked": asked.is_set() or not real,
            }

    same(scenario, "httpx.AsyncClient.send", "before", "cancelled")
