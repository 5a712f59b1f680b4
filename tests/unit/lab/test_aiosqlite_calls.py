"""What operations hand to the threads of aiosqlite's connections is done in turn; who meets a lock waits for others."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import aiosqlite
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from dryfit.config import load_config
from dryfit.lab.at_once import AtOnce, Made
from dryfit.lab.bench import bench
from dryfit.model.interleaving import Choice
from dryfit.model.outcome import Returned

Operation = Callable[[], Awaitable[object]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.executescript("CREATE TABLE stock (count INTEGER); INSERT INTO stock VALUES (3)")
    return tmp_path / "shop.db"


@pytest.fixture
def at_once(tmp_path: Path) -> Iterator[AtOnce]:
    with bench(load_config(tmp_path), None, looks=False) as made:
        yield made.at_once


def in_turn(choice: Choice) -> int:
    return next((worker for worker in choice.enabled if worker != choice.running), choice.running)


async def ran(at_once: AtOnce, operations: Sequence[Operation], *, in_threads: bool = False) -> Made:
    at_once.need_threads = in_threads
    with at_once.governed_tasks(lines=False):
        return await at_once.perform_tasks(operations, in_turn)


def selling(path: Path, begin: str = "") -> Operation:
    async def sell() -> int:
        async with aiosqlite.connect(path, isolation_level=None if begin else "DEFERRED") as connection:
            if begin:
                await connection.execute(begin)
            cursor = await connection.execute("SELECT count FROM stock")
            ((count,),) = await cursor.fetchall()
            await connection.execute("UPDATE stock SET count = ?", (count - 1,))
            await connection.commit()
            return int(count)

    return sell


def values(made: Made) -> list[object]:
    return [each.value if isinstance(each, Returned) else each for each in made[1]]


def begun(made: Made) -> list[int]:
    """The operations that try to begin a transaction, in their order."""
    return [step.worker for step in made[0].steps if step.what == "BEGIN IMMEDIATE"]


@pytest.mark.parametrize("in_threads", [False, True], ids=["tasks", "threads"])
def test_others_go_on_between_two_calls(at_once: AtOnce, path: Path, in_threads: bool) -> None:
    made = asyncio.run(ran(at_once, [selling(path)] * 2, in_threads=in_threads))

    assert (made[0].ending, values(made)) == ("completed", [3, 3])


@pytest.mark.parametrize("in_threads", [False, True], ids=["tasks", "threads"])
def test_who_meets_a_lock_waits_for_who_holds_it(at_once: AtOnce, path: Path, in_threads: bool) -> None:
    made = asyncio.run(ran(at_once, [selling(path, "BEGIN IMMEDIATE")] * 2, in_threads=in_threads))

    assert (made[0].ending, sorted(values(made))) == ("completed", [2, 3])
    assert begun(made) == [0, 1, 1]  # again when the other one is over


@pytest.mark.parametrize("in_threads", [False, True], ids=["tasks", "threads"])
def test_rows_that_are_read_one_by_one_are_waited_for(at_once: AtOnce, path: Path, in_threads: bool) -> None:
    """On one connection for all, below a lock that is there for all runs, whichever loop they have."""
    lock = asyncio.Lock()

    async def main() -> Made:
        async with aiosqlite.connect(path) as connection:

            async def sell() -> int:
                async with lock, connection.execute("SELECT count FROM stock") as cursor:
                    counts = [count async for (count,) in cursor]
                    await connection.execute("UPDATE stock SET count = ?", (counts[0] - 1,))
                    await connection.commit()
                    return int(counts[0])

            return await ran(at_once, [sell] * 2, in_threads=in_threads)

    mades = [asyncio.run(main()) for _ in range(2)]

    assert [(made[0].ending, sorted(values(made))) for made in mades] == [
        ("completed", [2, 3]),
        ("completed", [0, 1]),
    ]


def test_a_lock_that_nobody_gives_back_is_told(at_once: AtOnce, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        made = asyncio.run(ran(at_once, [selling(path, "BEGIN IMMEDIATE")]))

    assert made[0].ending == "completed"
    assert str(made[1][0].exception) == "database is locked"


def test_connections_of_an_engine_live_on(at_once: AtOnce, path: Path) -> None:
    """One that an operation has opened is in the pool afterwards, with its thread."""
    before = set(threading.enumerate())

    async def main() -> list[Made]:
        engine = create_async_engine(f"sqlite+aiosqlite:///{path}")

        async def sell() -> int:
            async with engine.connect() as connection:
                count = await connection.scalar(text("SELECT count FROM stock"))
                await connection.execute(text("UPDATE stock SET count = :count"), {"count": count - 1})
                await connection.commit()
                return int(count)

        mades = [await ran(at_once, [sell] * 2, in_threads=each) for each in (False, True, False)]
        await engine.dispose()
        return mades

    mades = asyncio.run(main())

    assert [(made[0].ending, values(made)) for made in mades] == [
        ("completed", [3, 3]),
        ("completed", [2, 2]),
        ("completed", [1, 1]),
    ]
    assert all("SELECT count FROM stock" in {step.what for step in made[0].steps} for made in mades)
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive()
