"""The other ways of isolation, and servers that are not dryfit's own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Endpoint
from dryfit.resources.guard import owner
from dryfit.resources.guard import postgres as guard
from dryfit.resources.postgres import databases as databases_of
from dryfit.resources.postgres.connect import connect


def test_rollback_holds_a_connection_whose_commits_do_not_last(open_database):
    database = open_database(isolation="rollback")
    for _ in range(2):
        connection = database.resource.handle.connection
        with connection.transaction():
            connection.execute("INSERT INTO customers (name) VALUES ('in a transaction')")
        connection.execute("DELETE FROM lines")
        connection.commit()
        connection.execute("DELETE FROM audit")
        connection.rollback()
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("SELECT 1/0")
        connection.rollback()
        assert connection.execute("SELECT count(*) FROM customers").fetchone() == (6,)
        assert connection.execute("SELECT count(*) FROM lines").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM audit").fetchone() == (5,)
        connection.close()
        assert database.left() == {}


def test_rollback_bears_any_number_of_tests_and_statements_that_come_often(open_database):
    database = open_database(isolation="rollback")
    connection = database.resource.handle.connection
    for often in [1] * 8 + [8] * 8:
        for _ in range(often):
            connection.execute("INSERT INTO audit (happened) VALUES (%s)", ["seen"])
            connection.commit()
        connection.execute("PREPARE own AS SELECT count(*) FROM audit")
        assert connection.execute("EXECUTE own").fetchone() == (len(database.seeded["audit"]) + often,)
        assert database.left() == {}
    assert database.resource.handle.connection is connection


def test_rollback_cleans_up_after_other_connections_as_well(open_database):
    database = open_database(isolation="rollback")
    handle = database.resource.handle
    database.run("INSERT INTO audit (happened) VALUES ('elsewhere')")
    assert database.left() == {"audit": {"rows added": 1}}
    database.run("CREATE TABLE extra (id integer)")
    assert database.left().keys() == {"schema"}
    assert handle.connection.execute("SELECT count(*) FROM customers").fetchone() == (5,)


def test_clone_makes_a_fresh_copy_after_each_test_that_wrote(open_database):
    database = open_database(isolation="clone")
    assert database.left() == {}
    assert database.resource.replacements == []
    for number in (1, 2, 3):
        database.run("DELETE FROM lines", "UPDATE orders SET total = 0")
        assert database.left() == {
            "lines": {"rows removed": 5}, "orders": {"rows changed": 5}, "audit": {"rows added": 5}
        }  # fmt: skip
        assert len(database.resource.replacements) == number


def test_shared_is_one_database_that_nobody_cleans(open_database):
    one, other = open_database(isolation="shared"), open_database(isolation="shared")
    assert one.resource.handle.database == other.resource.handle.database
    one.run("INSERT INTO audit (happened) VALUES ('seen by all')")
    assert one.resource.clean() == ()
    assert other.state()["audit"] != other.seeded["audit"]


@pytest.fixture
def foreign(endpoint: Endpoint) -> Endpoint:
    """The same server, as one that dryfit knows nothing of."""
    return replace(endpoint, mark="", database="postgres")


@pytest.fixture
def modest(endpoint: Endpoint) -> Iterator[Endpoint]:
    """It again, for a user who may create databases, and no more."""
    name = f"modest_{secrets.token_hex(4)}"
    with connect(endpoint, "postgres") as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN CREATEDB PASSWORD 'secret'")
        yield replace(endpoint, mark="", database="postgres", user=name, password="secret")
        connection.execute(f"DROP ROLE {name}")


def databases(endpoint: Endpoint) -> set[str]:
    with connect(endpoint, "postgres") as connection:
        return {row[0] for row in connection.execute("SELECT datname FROM pg_database")}


@pytest.mark.parametrize("statement", ["DELETE FROM lines", "DROP TABLE lines"])
def test_an_existing_server_gets_databases_of_dryfits_own_which_go_again(open_database, foreign, statement):
    before = databases(foreign)
    database = open_database(at=foreign)
    made = databases(foreign) - before
    assert len(made) == 3
    assert all(name.startswith("dryfit_") for name in made)
    database.run(statement)
    assert database.left() != {}
    database.run("UPDATE customers SET name = 'x' WHERE id = 1", "SELECT nextval('invoices')")
    assert database.left() == {"customers": {"rows changed": 1}}
    database.resource.close()
    assert databases(foreign) == before


@pytest.mark.parametrize(
    ("statement", "left"),
    [
        ("SELECT 1", {}),
        ("DELETE FROM lines", {"lines": {"rows removed": 5}}),
        ("INSERT INTO audit (happened) VALUES ('x')", {"audit": {"rows added": 1}}),
        (
            "DELETE FROM customers",
            {
                "customers": {"rows removed": 5},
                "orders": {"rows removed": 5},
                "lines": {"rows removed": 5},
                "audit": {"rows added": 5},
            },
        ),
        (
            "UPDATE parents SET name = 'other'",
            {"parents": {"rows changed": 1}, "children": {"rows added": 1, "rows removed": 1}},
        ),
    ],
)
def test_without_rights_every_table_is_looked_at_and_rows_are_written_in_order(
    modest, open_database, statement, left
):
    database = open_database(at=modest)
    for _ in range(2):
        database.run(statement, "SELECT nextval('invoices')")
        assert database.left() == left
    assert database.resource.replacements == []


def test_without_rights_a_changed_schema_is_seen(modest, open_database):
    database = open_database(at=modest)
    database.run("CREATE TABLE extra (id integer)")
    assert database.left().keys() == {"schema"}


def test_without_rights_a_temporary_table_of_a_connection_that_lives_on_ends_with_the_database(
    modest, open_database
):
    database = open_database(at=modest)
    with database.connect() as connection:
        connection.execute("CREATE TEMP TABLE scratch (id integer)")
        connection.execute("DELETE FROM lines WHERE order_id = 1")
        assert database.left() == {"scratch": {"temporary table": 1}, "lines": {"rows removed": 1}}
    assert database.resource.replacements == ["temporary tables may not be dropped: scratch"]
    database.run("DELETE FROM lines WHERE order_id = 1")
    assert database.left() == {"lines": {"rows removed": 1}}


def test_row_security_that_holds_for_the_owner_too_is_told_at_once(project, modest, open_database):
    (project.root / "secured.sql").write_text(
        "CREATE TABLE notes (id integer); ALTER TABLE notes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
    )
    before = databases(modest)
    with pytest.raises(ResourceError, match=f"give the user {modest.user} BYPASSRLS"):
        open_database(at=modest, schema="secured.sql")
    assert databases(modest) == before


SETTINGS = """
CREATE SCHEMA "Other one"; CREATE TABLE "Other one".notes (id integer);
DO $$ BEGIN
  EXECUTE format('ALTER DATABASE %I SET search_path = "$user", "Other one", public', current_database());
  EXECUTE format('ALTER DATABASE %I SET TimeZone = ''Asia/Kolkata''', current_database());
  EXECUTE format('ALTER DATABASE %I SET shop.tenant = ''it''''s = 7''', current_database());
  EXECUTE format('ALTER ROLE %I IN DATABASE %I SET DateStyle = ''SQL, DMY''', current_user, current_database());
END $$;
"""


@pytest.mark.parametrize("where", ["endpoint", "foreign"])
def test_what_the_schema_sets_for_its_database_holds_in_each_copy(project, open_database, where, request):
    (project.root / "settings.sql").write_text(SETTINGS)
    database = open_database(at=request.getfixturevalue(where), schema="settings.sql")
    for _ in range(2):
        with database.connect() as connection:
            names = ("search_path", "TimeZone", "shop.tenant", "DateStyle")
            told = [connection.execute(f"SHOW {name}").fetchone()[0] for name in names]
            assert told == ['"$user", "Other one", public', "Asia/Kolkata", "it's = 7", "SQL, DMY"]
            connection.execute("INSERT INTO notes VALUES (1)")
            connection.execute("CREATE TABLE extra (id integer)")
        database.left()
    assert len(database.resource.replacements) == 2


def test_shared_on_an_existing_server_is_dropped_by_the_last_worker(open_database, foreign, monkeypatch):
    before = databases(foreign)
    one = open_database(at=foreign, isolation="shared")
    other = open_database(at=foreign, isolation="shared")
    (made,) = databases(foreign) - before
    assert one.resource.handle.database == other.resource.handle.database == made
    one.run("INSERT INTO audit (happened) VALUES ('seen by all')")
    assert one.resource.clean() == ()
    assert other.state()["audit"] != other.seeded["audit"]
    with connect(foreign, "postgres") as control:
        monkeypatch.setattr(owner.Owner, "lives", False)
        assert made not in guard.sweep(control)  # whoever made it may be gone: others use it
    one.resource.close()
    assert made in databases(foreign)
    other.resource.close()
    assert databases(foreign) == before


def test_a_database_of_that_name_that_is_not_ours_is_not_shared(
    open_database, foreign, monkeypatch, tmp_path_factory
):
    monkeypatch.setattr("dryfit.resources.postgres.databases.shared_name", lambda *_: "dryfit_shared_x")
    shared = open_database(at=foreign, isolation="shared")
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        with pytest.raises(ResourceError, match="not one that this user's workers share"):
            open_database(at=foreign, isolation="shared")
    assert shared.state() == shared.seeded


def test_a_copy_that_was_laid_aside_is_of_the_same_seed(endpoint):
    with connect(endpoint, "postgres") as control:
        for seed in ("dryfit_seed_old", "dryfit_seed_new"):
            databases_of.create(control, seed, endpoint.mark)
            with connect(endpoint, seed) as connection:
                connection.execute(f"CREATE TABLE {seed} ()")
        try:
            databases_of.fill_pool(control, endpoint.mark, "dryfit_seed_old")
            databases_of.claim(control, "dryfit_claimed", endpoint.mark, "dryfit_seed_new")
            with connect(endpoint, "dryfit_claimed") as connection:
                assert connection.execute("SELECT to_regclass('dryfit_seed_new')").fetchone() != (None,)
            (left,) = databases_of.ready(control, endpoint.mark, "dryfit_seed_old")
            databases_of.drop(control, left, endpoint.mark)
        finally:
            for name in ("dryfit_seed_old", "dryfit_seed_new", "dryfit_claimed"):
                databases_of.drop(control, name, endpoint.mark)
