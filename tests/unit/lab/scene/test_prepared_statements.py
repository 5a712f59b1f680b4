"""What asyncpg executes of a statement that it has prepared is a call in its turn, as one of a connection's methods."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg

from dryfit.lab.asyncpg_statements import AsyncpgStatements
from dryfit.lab.driver_calls import Doing


def test_a_prepared_statement_is_a_call_on_its_connection(postgres) -> None:
    made: list[tuple[bool, str, str]] = []

    async def main() -> list[object]:
        connection = await asyncpg.connect(postgres)

        async def govern(used: object, doing: Doing, do: Callable[[], Awaitable[object]]) -> object:
            made.append((used is connection, doing.kind, doing.what))
            return await do()

        statements = AsyncpgStatements(govern, lambda: True)
        statement = await connection.prepare("SELECT 1 + $1::int")
        statements.put_in()
        governed = [await statement.fetchval(2), (await statement.fetchrow(3))[0]]
        statements.take_out()
        governed.append(await statement.fetchval(4))
        await connection.close()
        return governed

    assert asyncio.run(main()) == [3, 4, 5]
    assert made == [(True, "statement", "SELECT 1 + $1::int")] * 2
