"""Marks of MariaDB databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration
from dryfit.resources.guard import mariadb as guard
from dryfit.resources.guard import owner, register

pymysql = pytest.importorskip("pymysql")


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, object]]:
    """How to connect to a server."""
    from dryfit.resources.kinds.mariadb import kind
    from dryfit.resources.providers.embedded import provider

    with ExitStack() as running:
        try:
            found = running.enter_context(
                provider.provide(kind, Declaration("database", "mariadb"), Path.cwd())
            )
        except ResourceError as error:
            pytest.skip(str(error))
        yield {"host": found.host, "port": found.port, "user": found.user, "password": found.password}


@pytest.fixture
def connection(server) -> Iterator[object]:
    """A connection beside a user's database with seven rows."""
    with closing(pymysql.connect(**server, autocommit=True)) as connection, connection.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS app")
        cursor.execute("CREATE DATABASE app")
        cursor.execute("CREATE TABLE app.orders AS VALUES (1), (2), (3), (4), (5), (6), (7)")
        yield connection
        assert rows(connection, "app") == 7
        cursor.execute("DROP DATABASE app")


def rows(connection, database: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM `{database}`.orders")
        return int(cursor.fetchone()[0])


def run(connection, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_database_is_made_proved_and_dropped(connection) -> None:
    mark = guard.create(connection, "dryfit_guard_gw0")
    guard.prove(connection, mark)
    guard.drop(connection, mark)
    with pytest.raises(ResourceError, match="does not bear"):
        guard.prove(connection, mark)
    assert register.find(mark.identity, mark.token) is None


def test_one_that_was_made_again_by_somebody_else_is_left_alone(connection) -> None:
    mark = guard.create(connection, "dryfit_guard_gw0")
    run(connection, "DROP DATABASE dryfit_guard_gw0")
    run(connection, "CREATE DATABASE dryfit_guard_gw0")
    run(connection, "CREATE TABLE dryfit_guard_gw0.orders AS SELECT * FROM app.orders")
    try:
        with pytest.raises(ResourceError, match="does not bear"):
            guard.drop(connection, mark)
        assert rows(connection, "dryfit_guard_gw0") == 7
    finally:
        run(connection, "DROP DATABASE dryfit_guard_gw0")


def test_a_copied_mark_is_refused_under_another_name(connection) -> None:
    mark = guard.create(connection, "dryfit_guard_gw0")
    run(connection, f"CREATE PROCEDURE app.dryfit_mark() COMMENT '{mark.text}' SELECT 1")
    copied = register.Mark(register.Identity("mariadb", mark.identity.server, "app"), mark.token)
    with pytest.raises(ResourceError, match="does not know to be its own"):
        guard.drop(connection, copied)
    guard.drop(connection, mark)


def test_only_names_of_dryfits_own_are_made(connection) -> None:
    for name in ("app", "dryfit_`; DROP DATABASE app; --"):
        with pytest.raises(ResourceError, match="dryfit makes and removes only"):
            guard.create(connection, name)


def test_what_a_dead_run_left_is_swept_and_a_living_ones_is_not(
    connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard.create(connection, "dryfit_guard_gw0")
    assert guard.sweep(connection) == ()
    monkeypatch.setattr(owner.Owner, "lives", False)
    assert guard.sweep(connection) == ("dryfit_guard_gw0",)
    assert guard.sweep(connection) == ()


def test_what_somebody_made_with_the_name_of_a_dead_runs_database_is_not_swept(
    connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard.create(connection, "dryfit_guard_gw0")
    run(connection, "DROP DATABASE dryfit_guard_gw0")
    run(connection, "CREATE DATABASE dryfit_guard_gw0")
    monkeypatch.setattr(owner.Owner, "lives", False)
    assert guard.sweep(connection) == ()
    run(connection, "DROP DATABASE dryfit_guard_gw0")
