"""Marks of PostgreSQL databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest
from psycopg import errors

from dryfit.model.errors import ResourceError
from dryfit.resources.guard import owner, postgres, register


def test_a_database_of_ones_own_is_made_proved_and_dropped(pg, admin) -> None:
    mark = postgres.create(admin, "dryfit_gw0")
    with pg.connect("dryfit_gw0") as connection:
        postgres.prove(connection, mark)
        postgres.drop(admin, "dryfit_gw0", mark)  # ends the session that is still there
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    assert pg.databases() == {"app", "postgres", "template0", "template1"}
    assert register.find(mark.identity, mark.token) is None


def test_the_proof_goes_with_statements_of_the_caller(pg, admin) -> None:
    mark = postgres.create(admin, "dryfit_gw0")
    with pg.connect("dryfit_gw0") as connection, connection.pipeline():
        proof = connection.execute(postgres.PROOF)
        position = connection.execute("SELECT pg_current_wal_lsn()")
        postgres.check(proof.fetchall(), mark)
        assert position.fetchone() is not None


def test_dropping_twice_is_no_error(admin) -> None:
    mark = postgres.create(admin, "dryfit_gw0")
    postgres.drop(admin, "dryfit_gw0", mark)
    postgres.drop(admin, "dryfit_gw0", mark)


def test_an_ordinary_user_can_mark_and_prove(pg, admin) -> None:
    admin.execute("DROP ROLE IF EXISTS plain")
    admin.execute("CREATE ROLE plain LOGIN CREATEDB")
    with pg.connect("postgres", "plain") as plain:
        mark = postgres.create(plain, "dryfit_plain")
        with pg.connect("dryfit_plain", "plain") as connection:
            postgres.prove(connection, mark)
        postgres.drop(plain, "dryfit_plain", mark)
    assert "dryfit_plain" not in pg.databases()


def test_a_drop_that_was_cut_off_is_finished_by_the_next_run(
    pg, admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = postgres.create(admin, "dryfit_gw0")
    admin.execute(f"ALTER DATABASE dryfit_gw0 RENAME TO dryfit_drop_{mark.token}")
    assert postgres.sweep(admin) == ()  # its owner lives: it is this process
    monkeypatch.setattr(owner.Owner, "lives", False)
    assert postgres.sweep(admin) == (f"dryfit_drop_{mark.token}",)
    assert pg.databases() == {"app", "postgres", "template0", "template1"}


def test_a_clone_bears_a_mark_of_its_own(pg, admin) -> None:
    seeded = postgres.create(admin, "dryfit_seed")
    clone = postgres.create(admin, "dryfit_clone", template="dryfit_seed", strategy="file_copy")
    assert clone.identity != seeded.identity
    assert clone.token != seeded.token
    with pg.connect("dryfit_clone") as connection, pytest.raises(ResourceError, match="not the one"):
        postgres.prove(connection, seeded)


def test_what_exists_already_is_not_marked(admin, pg) -> None:
    pg.fill("dryfit_mine")
    with pytest.raises(errors.DuplicateDatabase):
        postgres.create(admin, "dryfit_mine")
    assert pg.rows("dryfit_mine") == 7


@pytest.mark.parametrize(
    "name",
    ["app", "Dryfit_x", "dryfit_", 'dryfit_"; DROP DATABASE app; --', "dryfit_" + "x" * 60, "dryfit_x\n", ""],
)
def test_only_names_of_dryfits_own_are_made_or_dropped(admin, pg, name: str) -> None:
    mark = postgres.create(admin, "dryfit_gw0")
    with pytest.raises(ResourceError, match="dryfit makes and removes only"):
        postgres.create(admin, name)
    with pytest.raises(ResourceError, match="dryfit makes and removes only"):
        postgres.drop(admin, name, mark)
    assert pg.rows() == 7


def test_a_database_of_another_server_with_the_same_name_is_left_alone(
    pg, admin, new_postgres: Callable[[], object]
) -> None:
    mark = postgres.create(admin, "dryfit_gw0")
    other = new_postgres()
    other.fill("dryfit_gw0")
    with other.connect("postgres") as connection, pytest.raises(ResourceError, match="not the one"):
        postgres.drop(connection, "dryfit_gw0", mark)
    assert other.rows("dryfit_gw0") == 7


def test_a_forged_identity_finds_no_entry(pg, admin) -> None:
    """Whoever edits the mark in memory to fit the user's database lacks the token in the database."""
    mark = postgres.create(admin, "dryfit_gw0")
    with pg.connect("app") as connection:
        rows = connection.execute(postgres.PROOF).fetchall()
        forged = replace(mark, identity=replace(mark.identity, part=rows[0][1]))
        with pytest.raises(ResourceError, match="does not bear"):
            postgres.check(rows, forged)
        with pytest.raises(ResourceError, match="2 databases answer"):
            postgres.check(rows * 2, mark)
