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


class Httpx:
    name = "httpx.AsyncClient.send"

    def open(self):
        return pytest.importorskip("httpx").AsyncClient()

    async def get(self, client, url):
        await client.get(url)

    def is_closed(self, client):
        return client.is_closed


class Aiohttp(Httpx):
    name = "aiohttp.ClientSession._request"

    def open(self):
        return pytest.importorskip("aiohttp").ClientSession()

    async def get(self, client, url):
        async with client.get(url):
            pass

    def is_closed(self, client):
        return client.closed


@pytest.mark.parametrize("library", [Httpx(), Aiohttp()], ids=["httpx", "aiohttp"])
def test_a_request(same, failing, library):
    async def scenario(call, real):
        asked = asyncio.Event()

        async def answer(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            asked.set()
            await reader.read()  # until the client hangs up
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1")
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server, library.open() as client:

            async def get():
                await library.get(client, url)

            error = await failing(cancelled(get(), asked.is_set) if real else call(get))
            assert asked.is_set() is real
            return {
                "class": f"{type(error).__module__}.{type(error).__qualname__}",
                "args": error.args,
                "closed": library.is_closed(client),
            }

    same(scenario, library.name, "before", "cancelled")


def test_a_command(same, failing, redis_socket):
    redis = pytest.importorskip("redis")
    asynchronous = pytest.importorskip("redis.asyncio")

    async def scenario(call, real):
        with redis.Redis(unix_socket_path=redis_socket) as direct:
            direct.delete("queue")

            async with asynchronous.Redis(unix_socket_path=redis_socket, socket_timeout=None) as client:

                async def wait():
                    await client.blpop("queue", 60)

                def is_waiting():
                    return any(each["cmd"] == "blpop" for each in direct.client_list())

                error = await failing(cancelled(wait(), is_waiting) if real else call(wait))
                return {
                    "class": f"{type(error).__module__}.{type(error).__qualname__}",
                    "args": error.args,
                    "next": await client.rpush("queue", "x"),
                }

    same(scenario, "redis.Redis.execute_command", "before", "cancelled")
