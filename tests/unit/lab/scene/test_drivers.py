"""The effect log knows how the transactions of each driver and framework end."""

from __future__ import annotations

import asyncio
import threading

import pytest

from dryfit.model.digest import diff
from dryfit.model.trial import Leak


def fates(trial):
    return [each.fate for each in trial.effects]


def test_psycopg2(stage, postgres):
    import psycopg2

    stage.write(
        shop="""
        def order(connection, what, ends):
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO orders (what) VALUES (%s)", (what,))
            getattr(connection, ends)()

        def order_within(connection, what):
            with connection, connection.cursor() as cursor:
                cursor.execute("INSERT INTO orders (what) VALUES (%s)", (what,))
        """
    )
    shop = stage.load("shop")
    stage.scene()
    connection = psycopg2.connect(postgres)
    with stage.trial() as trial:
        shop.order(connection, "tea", "commit")
        shop.order(connection, "rum", "rollback")
        shop.order_within(connection, "oil")
        connection.autocommit = True
        shop.order(connection, "tin", "rollback")
        connection.autocommit = False
        shop.order(connection, "cup", "close")
    assert fates(trial) == ["lasting", "undone", "lasting", "lasting", "undone"]
    assert trial.effects[0].source == "postgres dryfit"


def test_asyncpg(stage, postgres):
    import asyncpg

    stage.write(
        shop="""
        async def order(connection, what, fails=False):
            async with connection.transaction():
                await connection.execute("INSERT INTO orders (what) VALUES ($1)", what)
                if fails:
                    raise ValueError(what)

        async def order_at_once(connection, what):
            await connection.fetchval("INSERT INTO orders (what) VALUES ($1) RETURNING id", what)

        async def change_nothing(connection):
            await connection.execute("UPDATE orders SET what = 'x' WHERE id = 4711")

        async def both(connection):
            async with connection.transaction():
                await connection.execute("INSERT INTO orders (what) VALUES ($1)", "outer")
                try:
                    await order(connection, "inner", fails=True)
                except ValueError:
                    pass
        """
    )
    shop = stage.load("shop")
    stage.scene()

    async def run():
        connection = await asyncpg.connect(postgres)
        await shop.order(connection, "tea")
        with pytest.raises(ValueError, match="rum"):
            await shop.order(connection, "rum", fails=True)
        await shop.order_at_once(connection, "oil")
        await shop.change_nothing(connection)
        await shop.both(connection)
        await connection.close()

    with stage.trial() as trial:
        asyncio.run(run())
    assert fates(trial) == ["lasting", "undone", "lasting", "lasting", "undone"]
    changes = [[str(each) for each in diff(one.before, one.after)] for one in trial.boundaries]
    assert changes[0] == ['orders: 1 row added (id=<id 1>, what="tea", at=<time>)']
    assert changes[1] == changes[3] == []


@pytest.mark.parametrize(
    ("gives_back", "leaks"), [(True, ()), (False, (Leak("connection", "postgres dryfit"),))]
)
def test_a_connection_of_asyncpg_s_pool_that_is_not_given_back(stage, postgres, gives_back, leaks):
    import asyncpg

    stage.write(
        shop="""
        async def order(pool, what, gives_back):
            connection = await pool.acquire()
            await connection.execute("INSERT INTO orders (what) VALUES ($1)", what)
            if gives_back:
                await pool.release(connection)
        """
    )
    shop = stage.load("shop")
    stage.scene()

    async def run():
        pool = await asyncpg.create_pool(postgres, min_size=1, max_size=1)
        await shop.order(pool, "tea", gives_back)
        trial.scene.called()
        pool.terminate()

    with stage.trial() as trial:
        asyncio.run(run())
    assert trial.leaks == leaks


def test_psycopg_asynchronously(stage, postgres):
    import psycopg

    stage.write(
        shop="""
        async def order(connection, what, ends):
            await connection.execute("INSERT INTO orders (what) VALUES (%s)", (what,))
            await getattr(connection, ends)()
        """
    )
    shop = stage.load("shop")
    stage.scene()

    async def run():
        async with await psycopg.AsyncConnection.connect(postgres) as connection:
            await shop.order(connection, "tea", "commit")
            await shop.order(connection, "rum", "rollback")

    with stage.trial() as trial:
        asyncio.run(run())
    assert fates(trial) == ["lasting", "undone"]


def test_sqlalchemy_asynchronously(stage, tmp_path):
    import sqlalchemy.ext.asyncio as asynchronous

    stage.write(
        shop="""
        from sqlalchemy import text

        async def order(engine, what, fails=False):
            async with engine.begin() as connection:
                await connection.execute(text("INSERT INTO orders (what) VALUES (:what)"), {"what": what})
                if fails:
                    raise ValueError(what)

        async def create(engine):
            async with engine.begin() as connection:
                await connection.execute(text("CREATE TABLE orders (id INTEGER PRIMARY KEY, what TEXT)"))
        """
    )
    shop = stage.load("shop")
    stage.scene()

    async def run():
        engine = asynchronous.create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/shop.db")
        await shop.create(engine)
        await shop.order(engine, "tea")
        with pytest.raises(ValueError, match="rum"):
            await shop.order(engine, "rum", fails=True)
        await engine.dispose()

    with stage.trial() as trial:
        asyncio.run(run())
    assert fates(trial) == ["lasting", "lasting", "undone"]


def test_entries_in_several_threads(stage, postgres):
    stage.write(
        shop="""
        import psycopg

        def order(url, what, meet):
            with psycopg.connect(url) as connection:
                meet.wait()
                connection.execute("INSERT INTO orders (what) VALUES (%s)", (what,))
        """
    )
    shop = stage.load("shop")
    meet = threading.Barrier(2, timeout=20)
    with stage.trial() as trial:
        threads = [
            threading.Thread(target=shop.order, args=(postgres, what, meet)) for what in ("tea", "rum")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert fates(trial) == ["lasting", "lasting"]
    assert sorted(each.entry for each in trial.boundaries) == [0, 1]
    assert trial.leaks == ()


def test_django(stage, tmp_path):
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "shop.db")}}
        )
        django.setup()
    stage.write(
        shop="""
        from django.db import connection, transaction

        def insert(what):
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO orders (what) VALUES (%s)", [what])

        def order(what, fails=False):
            with transaction.atomic():
                insert(what)
                if fails:
                    raise ValueError(what)

        def both():
            with transaction.atomic():
                insert("outer")
                try:
                    order("inner", fails=True)
                except ValueError:
                    pass
        """
    )
    shop = stage.load("shop")
    stage.scene()
    from django.db import connection

    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS orders")
        cursor.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, what TEXT)")
    with stage.trial() as trial:
        shop.insert("tea")
        shop.order("oil")
        with pytest.raises(ValueError, match="rum"):
            shop.order("rum", fails=True)
        shop.both()
    connection.close()
    assert fates(trial) == ["lasting", "lasting", "undone", "lasting", "undone"]
