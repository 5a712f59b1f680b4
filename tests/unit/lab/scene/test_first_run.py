"""What operations find is known from the first run on that counts, whoever opens the database, and when."""

from __future__ import annotations

import asyncio
from functools import partial

import psycopg

from dryfit.config import load_config
from dryfit.lab.bench import bench
from dryfit.model.digest import diff
from dryfit.probes.schedule import serial


async def opened_first_within_an_operation(postgres: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(postgres)
    try:
        await connection.fetchval("SELECT 1")
        await connection.execute("UPDATE t0 SET x = x || '!' WHERE id = 1")
    finally:
        await connection.close()


def test_a_run_is_made_again_whose_database_asyncpg_has_opened_first(tmp_path, postgres):
    with psycopg.connect(postgres) as connection:
        connection.execute("INSERT INTO t0 VALUES (1, 'tea'), (2, 'oil')")

    async def run():
        with bench(load_config(tmp_path), None, looks=True) as made:
            runs = []
            for _ in range(2):
                made.begin("a test")
                with made.at_once.governed_tasks(lines=False):
                    operation = partial(opened_first_within_an_operation, postgres)
                    runs.append(await made.at_once.run_tasks([operation], serial((0,))))
                made.end()
            return runs

    unknown, known = asyncio.run(run())
    assert unknown is None
    assert [str(change) for change in diff(known.before, known.after)] == [
        't0: 1 row changed (id=1: x "tea!" → "tea!!")'
    ]
