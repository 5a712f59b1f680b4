"""Declared resources in real pytest sessions, and by hand."""

from __future__ import annotations

import json

import pytest

from dryfit.resources.registry import kind_names

DATABASE = {
    "pyproject.toml": """
        [project]
        name = "shop"

        [tool.dryfit.resources]
        database = { kind = "postgres", schema = ["schema.sql"], env = "DATABASE_URL" }
        mailbox = "smtp"
    """,
    "schema.sql": """
        CREATE TABLE orders(id serial PRIMARY KEY, product text NOT NULL);
        INSERT INTO orders(product) VALUES ('tea');
    """,
    "shop.py": """
        import os
        import psycopg

        URL = os.environ["DATABASE_URL"]

        def order(product):
            with psycopg.connect(URL) as connection:
                insert = "INSERT INTO orders(product) VALUES (%s) RETURNING id"
                return connection.execute(insert, [product]).fetchone()[0]
    """,
    "test_shop.py": """
        import smtplib
        import psycopg
        import pytest
        import shop

        @pytest.mark.parametrize("product", ["cup", "pot", "spoon"])
        def test_every_test_finds_the_same_data(product):
            assert shop.order(product) == 2

        @pytest.fixture(scope="session")
        def connection(database):
            assert database.url == shop.URL
            with psycopg.connect(database.url, autocommit=True) as connection:
                yield connection

        @pytest.mark.parametrize("run", range(2))
        def test_a_fixture_of_the_declared_name_says_where_it_is(connection, run):
            with connection.transaction():
                connection.execute("INSERT INTO orders(product) SELECT product FROM orders")
                assert connection.execute("SELECT count(*) FROM orders").fetchone() == (2,)

        def test_names_known_from_elsewhere(postgresql, postgresql_proc, database):
            assert postgresql.execute("SELECT product FROM orders").fetchall() == [("tea",)]
            assert postgresql_proc.port == database.port

        def test_mail(mailbox):
            with smtplib.SMTP(mailbox.host, mailbox.port) as server:
                server.sendmail("a@shop.test", ["b@shop.test"], "Subject: hello\\r\\n\\r\\nyou")
            (mail,) = mailbox.inbox
            assert mail.message["Subject"] == "hello"
    """,
}


@pytest.fixture
def shop(project):
    for file in project.root.glob("*.py"):
        file.unlink()
    project.write(DATABASE)
    return project


@pytest.mark.parametrize("arguments", [[], ["-n", "2"], ["--dryfit"]])
def test_each_test_gets_clean_data(shop, arguments):
    ended = shop.pytest(*arguments)

    assert ended.status == 0, ended.out + ended.err
    assert "7 passed" in ended.out


def test_collecting_is_enough_to_need_the_variables(shop):
    ended = shop.pytest("--collect-only", "-q")

    assert ended.status == 0, ended.out
    assert "7 tests collected" in ended.out


def test_after_the_session_the_environment_is_as_before(shop):
    ask = "import os, pytest; pytest.main(['-q']); print('left', os.environ.get('DATABASE_URL'))"

    assert shop.python("-c", ask).out.endswith("left None\n")
    assert shop.python("-c", ask, DATABASE_URL="mine").out.endswith("left mine\n")


@pytest.mark.parametrize(
    ("declared", "problem"),
    [
        ('database = "postgrs"', 'database: kind: found "postgrs"; allowed: '),
        ('database = { kind = "postgres", shcema = "a.sql" }', "database: shcema: unknown key; allowed: "),
        (
            'database = { kind = "postgres", provider = "podman" }',
            'database: provider: found "podman"; allowed: ',
        ),
        ('request = "postgres"', "resources: request: is the name of another fixture"),
    ],
)
def test_a_mistake_is_one_line(shop, declared, problem):
    shop.write({"pyproject.toml": f"[tool.dryfit.resources]\n{declared}\n"})
    ended = shop.pytest()

    assert ended.status == 4  # pytest's own for wrong usage
    assert [problem in line for line in ended.err.splitlines()].count(True) == 1
    assert "Traceback" not in ended.err


def test_who_declares_nothing_pays_nothing(project):
    ended = project.python(
        "-c",
        "import sys, pytest; pytest.main(['-q']); print(sorted(m for m in sys.modules if m.startswith('dryfit')))",
    )
    assert ended.out.splitlines()[-1] == "['dryfit', 'dryfit.pytest_plugin']"


def test_the_resources_by_hand(shop):
    assert "database (postgres, embedded): down" in shop.dryfit("env", "status").out

    up = shop.dryfit("env", "up", "database")
    assert up.status == 0, up.err
    assert "database (postgres, embedded): postgresql://" in up.out
    try:
        (state, mailbox) = json.loads(shop.dryfit("env", "status", "--json").out)
        assert state["url"].startswith("postgresql://")
        assert "in the process of the tests" in mailbox["remark"]
        assert shop.dryfit("env", "psql", "-At", "-c", "SELECT product FROM orders").out == "tea\n"
        assert "ready to accept connections" in shop.dryfit("env", "logs", "database").out
    finally:
        assert "database (postgres, embedded): down" in shop.dryfit("env", "down").out
    assert "database (postgres, embedded): down" in shop.dryfit("env", "status").out
    assert "no PostgreSQL is up here" in shop.dryfit("env", "psql").err


@pytest.mark.parametrize(("name", "status"), [("databse", 2), ("database", 0)])
def test_an_unknown_resource_is_named(shop, name, status):
    ended = shop.dryfit("env", "logs", name)

    assert ended.status == status
    assert ("databse: no such resource; declared: database, mailbox" in ended.err) == (status == 2)


def test_there_are_the_kinds_that_the_docs_name():
    assert {"postgres", "redis", "smtp", "http", "s3", "sqlite", "directory"} <= set(kind_names())


def test_data_are_made_for_the_declared_database(shop):
    shop.write(
        {
            "test_shop.py": """
                import uuid
                from datetime import datetime, timedelta
                import psycopg
                import pytest

                @pytest.mark.parametrize("run", [1, 2])
                def test_made(make, database, run):
                    order = make("orders")
                    with psycopg.connect(database.url) as connection:
                        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (2,)

                def test_time_and_identifiers(clock, uuids):
                    assert datetime.now().year == 2025
                    clock.shift(timedelta(days=365))
                    assert datetime.now().year == 2026
                    expected = uuids()
                    uuids.restart()
                    assert uuid.uuid4() == expected
            """
        }
    )
    ended = shop.pytest()

    assert ended.status == 0, ended.out + ended.err
    assert "3 passed" in ended.out


def test_a_sealed_session_reaches_what_is_declared(shop):
    shop.write(
        {
            "test_shop.py": """
                import psycopg
                import pytest
                import socket

                def test_declared(database):
                    with psycopg.connect(database.url) as connection:
                        assert connection.execute("SELECT 1").fetchone() == (1,)

                def test_other():
                    with pytest.raises(OSError, match="sealed"):
                        socket.create_connection(("192.0.2.1", 80), timeout=5)
            """
        }
    )
    for workers in ([], ["-n", "2"]):
        ended = shop.pytest("--sealed", *workers)
        assert ended.status == 0, ended.out + ended.err
        assert "dryfit: sealed" in ended.out
        assert "2 passed" in ended.out


def test_what_another_test_could_have_seen_is_found(shop):
    shop.write(
        {
            "pyproject.toml": DATABASE["pyproject.toml"].replace(
                'kind = "postgres",', 'kind = "postgres", isolation = "shared",'
            ),
            "test_shop.py": """
                import shop

                def test_orders():
                    shop.order("cup")

                def test_orders_again():
                    shop.order("pot")
            """,
        }
    )
    assert shop.pytest("--dryfit").status == 0
    found = shop.last_run()["findings"]
    assert [finding["rule"] for finding in found if finding["rule"] == "DF106"] == ["DF106"]


def test_nothing_is_adopted_without_a_person(shop):
    """Refused before anybody is asked, or any server."""
    nowhere = "postgresql://dryfit@127.0.0.1:1/shop"
    alone = shop.dryfit("env", "adopt", nowhere, CI="")
    built = shop.dryfit("env", "adopt", nowhere, CI="true")

    assert (alone.status, built.status) == (2, 2)
    assert (
        alone.err == "dryfit: a database is adopted at a terminal only, by somebody who reads what is in it\n"
    )
    assert built.err == (
        "dryfit: a database is not adopted in continuous integration (CI is set); do it at a terminal\n"
    )


def test_what_cannot_be_opened_is_told_without_dryfits_own_insides(project):
    project.write(
        {
            "pyproject.toml": """
                [project]
                name = "shop"

                [tool.dryfit.resources]
                folder = { kind = "directory", seed = "not here" }
            """,
            "test_one.py": "def test_one(folder): pass",
        }
    )

    ended = project.pytest()

    assert ended.status == 1
    assert "not here is no directory; correct the key seed" in ended.out
    assert "def handle" not in ended.out
    assert "During handling" not in ended.out
    assert "1 error" in ended.out


def test_who_lost_connections_to_a_fresh_copy_is_told_why(shop):
    shop.write(
        {
            "test_shop.py": """
                import psycopg
                import pytest

                @pytest.fixture(scope="session")
                def kept(database):
                    with psycopg.connect(database.url, autocommit=True) as connection:
                        yield connection

                def test_it_changes_the_schema(kept):
                    kept.execute("DROP TABLE orders")

                def test_it_goes_on_with_the_connection(kept):
                    kept.execute("SELECT * FROM orders")

                def test_it_fails_by_itself(database):
                    assert database is None
            """,
        }
    )

    ended = shop.pytest("-p", "no:randomly")

    why = "database was replaced by a fresh copy: the schema was changed: "
    assert "2 failed, 1 passed" in ended.out
    assert ended.out.count(why) == 1
    assert "Connections to the old one were ended before this test." in ended.out


def test_without_its_server_a_test_fails_and_the_session_goes_on(project):
    project.write(
        {
            "pyproject.toml": """
                [project]
                name = "shop"

                [tool.dryfit.resources]
                folder = "directory"
            """,
            "conftest.py": """
                from dryfit.model.errors import ResourceError
                from dryfit.resources.kinds import directory

                cleaned = []

                def clean(self):
                    cleaned.append(self)
                    if len(cleaned) == 2:
                        raise ResourceError("the server is gone", slug="resources")
                    return ()

                def pytest_collection_finish(session):
                    directory.WorkDirectory.clean = clean
            """,
            "test_one.py": """
                import pytest

                @pytest.mark.parametrize("number", range(3))
                def test_one(folder, number):
                    assert folder
            """,
        }
    )

    ended = project.pytest("-p", "no:randomly")

    assert ended.status == 1
    assert "there are no clean data for this test: the server is gone" in ended.out
    assert " passed, 1 error" in ended.out


def test_the_clock_reaches_a_database_that_is_declared_so(shop):
    shop.write(
        {
            "pyproject.toml": DATABASE["pyproject.toml"].replace(
                'kind = "postgres",', 'kind = "postgres", clock = true,'
            ),
            "test_shop.py": """
                from datetime import datetime, UTC
                import psycopg

                def now(database):
                    with psycopg.connect(database.url) as connection:
                        return connection.execute("SELECT now()").fetchone()[0]

                def test_frozen(database, clock):
                    assert now(database) == clock.now
                    clock.shift(60)
                    assert now(database) == clock.now

                def test_real(database):
                    assert abs((now(database) - datetime.now(UTC)).total_seconds()) < 3600
            """,
        }
    )
    ended = shop.pytest()

    assert ended.status == 0, ended.out + ended.err
    assert "2 passed" in ended.out
