"""Marks of PostgreSQL databases."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from dryfit.model.errors import ResourceError
from dryfit.resources.guard import owner, postgres
from dryfit.resources.postgres import databases

TOKEN = "0123456789abcdef" * 2
OTHER = "fedcba9876543210" * 2
STANDARD = {"app", "postgres", "template0", "template1"}


def test_a_database_of_ones_own_is_made_proved_and_dropped(pg, admin, state) -> None:
    databases.create(admin, "dryfit_gw0", TOKEN)
    assert len(list(state.rglob("*.json"))) == 1
    with pg.connect("dryfit_gw0") as connection:
        postgres.prove(connection, TOKEN)
        postgres.drop(admin, "dryfit_gw0", TOKEN)  # ends the session that is still there
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    assert pg.databases() == STANDARD
    assert list(state.rglob("*.json")) == []


def test_the_proof_goes_with_statements_of_the_caller(pg, admin) -> None:
    databases.create(admin, "dryfit_gw0", TOKEN)
    with pg.connect("dryfit_gw0") as connection, connection.pipeline():
        proof = connection.execute(postgres.PROOF)
        position = connection.execute("SELECT pg_current_wal_lsn()")
        postgres.judge(proof.fetchall(), TOKEN)
        assert position.fetchone() is not None


def test_what_is_not_there_is_one_database_too_few(admin) -> None:
    with pytest.raises(ResourceError, match="0 databases answer to one name"):
        postgres.prove(admin, TOKEN, "dryfit_missing")
    with pytest.raises(ResourceError, match="there is none"):
        postgres.write(admin, "dryfit_missing", TOKEN)


def test_dropping_twice_is_no_error(admin) -> None:
    databases.create(admin, "dryfit_gw0", TOKEN)
    postgres.drop(admin, "dryfit_gw0", TOKEN)
    postgres.drop(admin, "dryfit_gw0", TOKEN)


def test_an_ordinary_user_can_mark_and_prove(pg, admin) -> None:
    admin.execute("DROP ROLE IF EXISTS plain")
    admin.execute("CREATE ROLE plain LOGIN CREATEDB")
    with pg.connect("postgres", "plain") as plain:
        databases.create(plain, "dryfit_plain", TOKEN)
        with pg.connect("dryfit_plain", "plain") as connection:
            postgres.prove(connection, TOKEN)
        postgres.drop(plain, "dryfit_plain", TOKEN)
    assert "dryfit_plain" not in pg.databases()


def test_what_a_dead_run_left_is_dropped_by_the_next_one(pg, admin, monkeypatch: pytest.MonkeyPatch) -> None:
    databases.create(admin, "dryfit_gw0", TOKEN)
    assert postgres.sweep(admin) == ()  # its owner lives: it is this process
    monkeypatch.setattr(owner.Owner, "lives", False)
    assert postgres.sweep(admin) == ("dryfit_gw0",)
    assert pg.databases() == STANDARD


def test_a_drop_that_was_cut_off_after_its_first_step_is_finished(pg, admin) -> None:
    databases.create(admin, "dryfit_gw0", TOKEN)
    with admin.cursor() as cursor:
        cursor.execute("SELECT oid FROM pg_database WHERE datname = 'dryfit_gw0'")
        (oid,) = cursor.fetchone()
    admin.execute(f"ALTER DATABASE dryfit_gw0 RENAME TO dryfit_drop_{oid}_{TOKEN[:16]}")
    postgres.drop(admin, f"dryfit_drop_{oid}_{TOKEN[:16]}", TOKEN)
    assert pg.databases() == STANDARD


def test_marking_again_with_the_same_token_is_no_error(pg, admin) -> None:
    databases.create(admin, "dryfit_ready", TOKEN)
    admin.execute("ALTER DATABASE dryfit_ready RENAME TO dryfit_gw0")
    postgres.write(admin, "dryfit_gw0", TOKEN)
    postgres.prove(admin, TOKEN, "dryfit_gw0")


def test_a_comment_of_somebody_elses_is_not_replaced(pg, admin) -> None:
    admin.execute("CREATE DATABASE dryfit_notes")
    admin.execute("COMMENT ON DATABASE dryfit_notes IS 'my notes'")
    with pytest.raises(ResourceError, match="it bears a comment already"):
        postgres.write(admin, "dryfit_notes", TOKEN)


def test_what_exists_already_is_not_marked(admin, pg) -> None:
    pg.fill("dryfit_mine")
    with pytest.raises(errors.DuplicateDatabase):
        databases.create(admin, "dryfit_mine", TOKEN)
    with pytest.raises(ResourceError, match="does not bear"):
        postgres.prove(admin, TOKEN, "dryfit_mine")


def test_a_server_of_dryfits_own_knows_its_token(new_postgres) -> None:
    own = new_postgres(TOKEN)
    with own.connect("postgres") as admin:
        databases.create(admin, "dryfit_gw0", TOKEN)
        postgres.prove(admin, TOKEN, "dryfit_gw0")
        with pytest.raises(ResourceError, match="does not bear"):
            postgres.prove(admin, OTHER, "dryfit_gw0")
        with pytest.raises(ResourceError, match="does not bear"):
            postgres.prove(admin, TOKEN, "postgres")
