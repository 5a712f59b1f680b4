"""Schema and seed from files, callables, SQLAlchemy, Alembic and Django."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Endpoint
from dryfit.resources.guard import postgres as mark
from dryfit.resources.postgres import databases, schema
from dryfit.resources.postgres.connect import connect, url
from dryfit.resources.postgres.sources import Sources


@pytest.fixture
def empty(endpoint: Endpoint) -> Iterator[str]:
    """The name of an empty database."""
    name = "dryfit_schema_test"
    with connect(endpoint, "postgres") as connection:
        databases.create(connection, name, endpoint.mark)
        yield name
        mark.drop(connection, name, endpoint.mark)


def write(root: Path, contents: dict[str, str]) -> None:
    for name, text in contents.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def tables(endpoint: Endpoint, name: str) -> dict[str, int]:
    """The tables of a database, and how many rows each has."""
    with psycopg.connect(url(endpoint, name)) as connection:
        names = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        ).fetchall()
        return {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for (table,) in names
        }


def test_files_in_order_then_the_seed(endpoint, empty, tmp_path):
    write(
        tmp_path,
        {
            "2.sql": "CREATE TABLE b (a integer REFERENCES a);",
            "1.sql": "CREATE TABLE a (id integer PRIMARY KEY); -- 100% sure",
            "seed.sql": "INSERT INTO a VALUES (1); INSERT INTO b VALUES (1), (1);",
        },
    )
    schema.apply(Sources(tmp_path, schema=("[0-9].sql",), seed=("seed.sql",)), endpoint, empty)
    assert tables(endpoint, empty) == {"a": 1, "b": 2}


def test_a_mistake_is_told_with_its_line(endpoint, empty, tmp_path):
    write(tmp_path, {"bad.sql": "CREATE TABLE a ();\n\nCREATE TABEL b ();"})
    with pytest.raises(ResourceError, match=r"bad\.sql:3: syntax error at or near \"TABEL\""):
        schema.apply(Sources(tmp_path, schema=("bad.sql",)), endpoint, empty)


def test_a_dump_with_data_goes_through_psql(endpoint, empty, tmp_path):
    dump = "\\set ON_ERROR_STOP 1\nCREATE TABLE a (n integer);\nCOPY a FROM stdin;\n1\n2\n\\.\n"
    write(tmp_path, {"dump.sql": dump})
    from dryfit.resources.postgres import programs

    schema.apply(Sources(tmp_path, schema=("dump.sql",)), endpoint, empty, programs.find())
    assert tables(endpoint, empty) == {"a": 2}


def test_callables_synchronous_or_not_and_the_variables(endpoint, empty, tmp_path):
    write(
        tmp_path,
        {
            "src/shop_schema.py": "import os, psycopg\n"
            "def create(url):\n"
            "    assert url == os.environ['SHOP_URL']\n"
            "    with psycopg.connect(url) as c: c.execute('CREATE TABLE a (n integer)')\n"
            "async def fill(url):\n"
            "    async with await psycopg.AsyncConnection.connect(url) as c:\n"
            "        await c.execute('INSERT INTO a VALUES (1)')\n",
        },
    )
    sources = Sources(tmp_path, schema=("shop_schema:create",), seed=("shop_schema:fill",), env=("SHOP_URL",))
    schema.apply(sources, endpoint, empty)
    assert tables(endpoint, empty) == {"a": 1}


def test_a_callable_that_fails_is_named(endpoint, empty, tmp_path):
    write(tmp_path, {"failing.py": "def create(url):\n    raise ValueError('no luck')\n"})
    with pytest.raises(ResourceError, match=r"(?s)failing:create: could not make the schema:.*no luck"):
        schema.apply(Sources(tmp_path, schema=("failing:create",)), endpoint, empty)


def test_what_cannot_be_called_is_named(endpoint, empty, tmp_path):
    write(tmp_path, {"no_function.py": "metadata = {}\n"})
    with pytest.raises(ResourceError, match=r"(?s)no_function:metadata is a dict.*the key 'metadata'"):
        schema.apply(Sources(tmp_path, schema=("no_function:metadata",)), endpoint, empty)


def test_sqlalchemy(endpoint, empty, tmp_path):
    write(
        tmp_path,
        {
            "shop_models.py": "from sqlalchemy import Column, Integer\nfrom sqlalchemy.orm import declarative_base\n"
            "Base = declarative_base()\n"
            "class Order(Base):\n    __tablename__ = 'orders'\n    id = Column(Integer, primary_key=True)\n",
        },
    )
    schema.apply(Sources(tmp_path, metadata="shop_models:Base.metadata"), endpoint, empty)
    assert tables(endpoint, empty) == {"orders": 0}
    with pytest.raises(ResourceError, match=r"shop_models:Order is a .*, no sqlalchemy\.MetaData"):
        schema.apply(Sources(tmp_path, metadata="shop_models:Order"), endpoint, empty)


@pytest.mark.skipif(importlib.util.find_spec("alembic") is None, reason="Alembic is not installed")
def test_alembic(endpoint, empty, tmp_path):
    write(
        tmp_path,
        {
            "alembic.ini": "[alembic]\nscript_location = %(here)s/migrations\npath_separator = os\n",
            "migrations/env.py": "from alembic import context\nfrom sqlalchemy import create_engine\n"
            "engine = create_engine(context.config.get_main_option('sqlalchemy.url'))\n"
            "with engine.begin() as connection:\n"
            "    context.configure(connection=connection)\n    context.run_migrations()\n",
            "migrations/versions/1.py": "from alembic import op\nimport sqlalchemy as sa\n"
            "revision, down_revision = '1', None\n"
            "def upgrade(): op.create_table('orders', sa.Column('id', sa.Integer, primary_key=True))\n",
        },
    )
    schema.apply(Sources(tmp_path, alembic="alembic.ini"), endpoint, empty)
    assert tables(endpoint, empty) == {"alembic_version": 1, "orders": 0}


@pytest.mark.skipif(importlib.util.find_spec("django") is None, reason="Django is not installed")
def test_django(endpoint, empty, tmp_path):
    write(
        tmp_path,
        {
            "site_settings.py": "INSTALLED_APPS = ['goods']\nDATABASES = {'default': {}}\nUSE_TZ = True\n",
            "goods/__init__.py": "",
            "goods/migrations/__init__.py": "",
            "goods/migrations/0001_initial.py": "from django.db import migrations, models\n"
            "class Migration(migrations.Migration):\n"
            "    operations = [migrations.CreateModel('Good', [('id', models.AutoField(primary_key=True))])]\n",
        },
    )
    schema.apply(Sources(tmp_path, django="site_settings"), endpoint, empty)
    assert tables(endpoint, empty) == {"django_migrations": 1, "goods_good": 0}
