"""Adopting a database."""

from __future__ import annotations

import sys
from dataclasses import replace

import psycopg
import pytest

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration
from dryfit.resources.environment import Environment
from dryfit.resources.guard import adopt, postgres
from dryfit.resources.postgres import databases


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in adopt.CI_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)


def test_everything_is_shown_first(pg) -> None:
    pg.run("app", "CREATE SCHEMA audit", 'CREATE TABLE audit."Log" ()')
    found = adopt.survey(pg.url())
    assert (found.database, found.host, found.port) == ("app", "127.0.0.1", pg.port)
    assert found.tables == (adopt.Table("audit.Log", 0), adopt.Table("orders", 7))
    lines = "\n".join(found.lines())
    assert f"127.0.0.1:{pg.port}, as owner" in lines
    assert "7 rows in 2 tables" in lines
    assert found.size > 1_000_000


@pytest.mark.usefixtures("at_a_terminal")
def test_who_types_the_name_gives_it_away(pg) -> None:
    adopt.adopt(pg.url(), "app")
    with pg.connect("app") as connection:
        token = postgres.adopted(connection)
        postgres.prove(connection, token)
    assert pg.rows() == 7


@pytest.mark.usefixtures("at_a_terminal")
def test_what_a_run_has_made_is_not_adopted(pg, admin) -> None:
    databases.create(admin, "dryfit_gw0", "ab" * 16)
    with pg.connect("dryfit_gw0") as connection:
        assert postgres.adopted(connection) == ""
    with pytest.raises(ResourceError, match="bears a comment already"):
        adopt.adopt(pg.url("dryfit_gw0"), "dryfit_gw0")


@pytest.mark.usefixtures("at_a_terminal")
@pytest.mark.parametrize("typed", ["", "App", "yes", "app "])
def test_any_other_name_changes_nothing(pg, typed: str) -> None:
    with pytest.raises(ResourceError, match="is not the name of the database"):
        adopt.adopt(pg.url(), typed)
    assert is_unmarked(pg)


@pytest.mark.usefixtures("at_a_terminal")
def test_it_is_refused_in_continuous_integration(pg, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(ResourceError, match="not adopted in continuous integration"):
        adopt.adopt(pg.url(), "app")
    assert is_unmarked(pg)


def test_it_is_refused_without_a_terminal(pg, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in adopt.CI_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ResourceError, match="at a terminal only"):
        adopt.adopt(pg.url(), "app")
    assert is_unmarked(pg)


@pytest.mark.parametrize("database", ["postgres", "template1", ""])
def test_the_servers_own_databases_are_not_looked_at(pg, database: str) -> None:
    with pytest.raises(ResourceError, match="has to name a database"):
        adopt.survey(pg.url(database))


def test_a_database_in_use_is_not_looked_at(pg) -> None:
    with pg.connect(), pytest.raises(ResourceError, match="in use by 1 other client"):
        adopt.survey(pg.url())


def test_tables_that_cannot_be_read_are_told(pg, admin) -> None:
    admin.execute("DROP ROLE IF EXISTS reader")
    admin.execute("CREATE ROLE reader LOGIN CREATEDB")
    with pytest.raises(ResourceError, match="cannot be adopted: permission denied"):
        adopt.survey(pg.url(user="reader"))


@pytest.mark.usefixtures("at_a_terminal")
def test_one_is_given_away_by_an_owner_who_may_create_none(pg, admin, tmp_path) -> None:
    (tmp_path / "schema.sql").write_text("CREATE TABLE cups (id int)")
    url = pg.url(user="tenant")
    declaration = Declaration("db", "postgres", "url", (), {"url": url, "schema": "schema.sql"})
    admin.execute("CREATE ROLE tenant LOGIN")
    try:
        admin.execute("ALTER DATABASE app OWNER TO tenant")
        pg.run("app", "ALTER TABLE orders OWNER TO tenant", "ALTER SCHEMA public OWNER TO tenant")
        with pytest.raises(ResourceError, match=r"may not create databases .*dryfit env adopt URL"):
            Environment([declaration], tmp_path, "dryfit_one").open("db")
        assert pg.rows() == 7
        adopt.adopt(url, "app")
        with (
            Environment([declaration], tmp_path, "dryfit_one") as environment,
            psycopg.connect(environment.open("db").handle.url) as connection,
        ):
            assert connection.execute("SELECT to_regclass('cups'), to_regclass('orders')").fetchone() == (
                "cups",
                None,
            )
    finally:
        pg.run("app", "REASSIGN OWNED BY tenant TO CURRENT_USER")
        admin.execute("DROP ROLE tenant")


def is_unmarked(pg) -> bool:
    with psycopg.connect(pg.url("postgres")) as connection:
        rows = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'app'"
        )
        return rows.fetchone() == (None,)


@pytest.mark.usefixtures("at_a_terminal")
def test_an_adopted_database_is_emptied_filled_and_put_right(pg, tmp_path) -> None:
    adopt.adopt(pg.url(), "app")
    (tmp_path / "schema.sql").write_text("CREATE TABLE cups (id int); INSERT INTO cups VALUES (1)")
    declaration = Declaration("db", "postgres", "url", (), {"url": pg.url(), "schema": "schema.sql"})
    with Environment([declaration], tmp_path, "dryfit_one") as environment:
        url = environment.open("db").handle.url
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("INSERT INTO cups VALUES (2)")
            connection.execute("CREATE TABLE saucers ()")
        environment.clean()
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT id FROM cups").fetchall() == [(1,)]
            assert connection.execute("SELECT to_regclass('saucers'), to_regclass('orders')").fetchone() == (
                None,
                None,
            )
        cloned = replace(declaration, options={**declaration.options, "isolation": "clone"})
        with pytest.raises(
            ResourceError, match='isolation = "clone" needs databases of dryfit\'s own, and app was adopted'
        ):
            Environment([cloned], tmp_path, "dryfit_cloned").open("db")
        with (
            Environment([declaration], tmp_path, "dryfit_two") as second,
            pytest.raises(ResourceError, match="another worker has this adopted database"),
        ):
            second.open("db")
