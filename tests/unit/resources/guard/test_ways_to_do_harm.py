"""Ways to make dryfit destroy what is not its own, most of them on loopback: after each, every row is still there."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Endpoint
from dryfit.resources.environment import Environment
from dryfit.resources.guard import adopt, directory, owner, postgres, register
from dryfit.resources.guard import redis as redis_guard
from dryfit.resources.guard.mark import Identity, Mark
from dryfit.resources.kinds.directory import kind as directory_kind
from dryfit.resources.kinds.postgres import kind as postgres_kind
from dryfit.resources.kinds.redis import kind as redis_kind
from dryfit.resources.kinds.sqlite import kind as sqlite_kind
from dryfit.resources.postgres import databases

ROWS = 7
TOKEN = "5eed" * 8
REFUSED = (ResourceError, psycopg.Error)


# PostgreSQL


@pytest.fixture
def own(pg, admin) -> str:
    """A marked database on the user's server, with rows that dryfit may destroy."""
    databases.create(admin, "dryfit_gw0", TOKEN)
    return "dryfit_gw0"


def wipe(pg, database: str, token: str = TOKEN) -> None:
    """What a kind does to clean: prove on the very connection, and then destroy."""
    with pg.connect(database) as connection:
        postgres.prove(connection, token)
        connection.execute("DROP SCHEMA public CASCADE")


def system_and_oid(connection: psycopg.Connection) -> Identity:
    system, oid, *_ = connection.execute(postgres.PROOF).fetchall()[0]
    return Identity("postgres", system, oid)


def configuration_points_at_it(pg, admin) -> None:
    declared = Declaration("database", "postgres", "url", options={"url": pg.url()})
    with Environment([declared], Path.cwd(), "dryfit_1_gw0") as environment:
        resource = environment.open("database")
        with psycopg.connect(resource.handle.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE orders (id int)")
        environment.clean()


def database_url_leads_to_it(pg, admin) -> None:
    declared = Declaration("database", "postgres", "url", options={"url": {"env": "DATABASE_URL"}})
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("DATABASE_URL", pg.url())
        with Environment([declared], Path.cwd(), "dryfit_1_gw0") as environment:
            environment.open("database").clean()


def database_url_is_set_while_dryfit_has_a_server_of_its_own(pg, admin) -> None:
    declared = Declaration("database", "postgres", "embedded", env=("DATABASE_URL",))
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("DATABASE_URL", pg.url())
        with Environment([declared], Path.cwd(), "dryfit_1_gw0") as environment:
            environment.open("database")
            with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
                connection.execute("CREATE TABLE orders (id int)")
            environment.clean()
        assert os.environ["DATABASE_URL"] == pg.url()


def an_endpoint_claims_to_be_a_server_of_dryfits_own(pg, admin) -> None:
    endpoint = Endpoint("127.0.0.1", pg.port, user="owner", database="postgres", mark=TOKEN)
    resource = postgres_kind.open(Declaration("database", "postgres"), endpoint, Path.cwd(), "app")
    resource.clean()
    resource.close()


def its_comment_is_copied(pg, admin) -> None:
    pg.run("app", f"COMMENT ON DATABASE app IS 'dryfit {TOKEN}'")
    wipe(pg, "app")


def it_is_copied_from_a_marked_one_with_its_comment(pg, admin) -> None:
    pg.run(
        "postgres",
        "CREATE DATABASE dryfit_copy TEMPLATE app",
        f"COMMENT ON DATABASE dryfit_copy IS 'dryfit {TOKEN}'",
    )
    with pytest.raises(ResourceError):
        wipe(pg, "dryfit_copy")
    assert pg.rows("dryfit_copy") == ROWS
    postgres.drop(admin, "dryfit_copy", TOKEN)


def the_local_token_is_copied_for_it(pg, admin) -> None:
    its_comment_is_copied_only(pg)
    with pg.connect("app") as connection:
        its_identity = system_and_oid(connection)
    register.enter(its_identity, TOKEN)
    (copied,) = (path for path in marks() if its_identity.part in path.read_text())
    (entry,) = marks() - {copied}
    shutil.copyfile(entry, copied)
    wipe(pg, "app")


def somebody_may_have_written_the_local_token(pg, admin) -> None:
    its_comment_is_copied_only(pg)
    with pg.connect("app") as connection:
        register.enter(system_and_oid(connection), TOKEN)
    for path in marks():
        path.chmod(0o666)
    wipe(pg, "app")


def the_local_state_was_lost(pg, admin) -> None:
    pg.run("dryfit_gw0", "CREATE TABLE orders AS SELECT generate_series(1, 7) AS id")
    for path in marks():
        path.unlink()
    try:
        wipe(pg, "dryfit_gw0")
    finally:
        assert pg.rows("dryfit_gw0") == ROWS


def it_gets_the_name_of_the_marked_one(pg, admin) -> None:
    pg.run("postgres", "ALTER DATABASE dryfit_gw0 RENAME TO away", "ALTER DATABASE app RENAME TO dryfit_gw0")
    try:
        postgres.drop(admin, "dryfit_gw0", TOKEN)
    finally:
        pg.run("postgres", "ALTER DATABASE dryfit_gw0 RENAME TO app")


def it_gets_the_name_between_the_proof_and_the_drop(pg, admin) -> None:
    proved = postgres.judge

    def swap(rows: object, token: str) -> None:
        proved(rows, token)
        with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.InvalidCatalogName):
            pg.run("postgres", "ALTER DATABASE dryfit_gw0 RENAME TO away")
            pg.run("postgres", "ALTER DATABASE app RENAME TO dryfit_gw0")

    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(postgres, "judge", swap)
        try:
            postgres.drop(admin, "dryfit_gw0", TOKEN)
        finally:
            pg.run("postgres", "ALTER DATABASE dryfit_gw0 RENAME TO app")


def the_marked_one_is_dropped_and_it_is_made_with_its_name(pg, admin) -> None:
    pg.run("postgres", "DROP DATABASE dryfit_gw0", "CREATE DATABASE dryfit_gw0 TEMPLATE app")
    try:
        postgres.drop(admin, "dryfit_gw0", TOKEN)
    finally:
        assert pg.rows("dryfit_gw0") == ROWS


def a_worker_gets_its_name(pg, admin) -> None:
    """The name of a database that a worker would make is taken: dryfit_1_gw0_database."""
    pg.fill("dryfit_1_gw0_database")
    endpoint = Endpoint("127.0.0.1", pg.port, user="owner", database="postgres")
    try:
        resource = postgres_kind.open(
            Declaration("database", "postgres"), endpoint, Path.cwd(), "dryfit_1_gw0"
        )
        resource.clean()
        resource.close()
    finally:
        assert pg.rows("dryfit_1_gw0_database") == ROWS


def a_second_run_closes_the_database_of_the_first(pg, admin) -> None:
    pg.run("dryfit_gw0", "CREATE TABLE orders AS SELECT generate_series(1, 7) AS id")
    databases.create(admin, "dryfit_gw1", "beef" * 8)
    try:
        postgres.drop(admin, "dryfit_gw0", "beef" * 8)
    finally:
        assert pg.rows("dryfit_gw0") == ROWS


def a_run_sweeps_while_another_lives(pg, admin) -> None:
    pg.run("dryfit_gw0", "CREATE TABLE orders AS SELECT generate_series(1, 7) AS id")
    pg.fill("dryfit_lookalike")
    pg.run("postgres", f"COMMENT ON DATABASE dryfit_lookalike IS 'dryfit {TOKEN}'")
    assert postgres.sweep(admin) == ()
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(owner.Owner, "lives", False)
        assert postgres.sweep(admin) == ("dryfit_gw0",)
    assert pg.rows("dryfit_lookalike") == ROWS


def the_search_path_leads_to_forged_functions(pg, admin) -> None:
    with pg.connect("dryfit_gw0") as connection:
        told = connection.execute(postgres.PROOF).fetchall()[0]
    forged = ", ".join(
        f"'{value}'::text AS {name}"
        for value, name in zip(told, ("a", "oid", "c", "datname", "s"), strict=True)
    )
    pg.run(
        "app",
        "CREATE SCHEMA evil",
        f"CREATE VIEW evil.pg_database AS SELECT {forged}",
        "CREATE FUNCTION evil.current_database() RETURNS name LANGUAGE sql AS $$ SELECT 'dryfit_gw0'::name $$",
        "CREATE FUNCTION evil.always(name, name) RETURNS bool LANGUAGE sql AS $$ SELECT true $$",
        "CREATE OPERATOR evil.= (LEFTARG = name, RIGHTARG = name, FUNCTION = evil.always)",
        "ALTER DATABASE app SET search_path = evil, pg_catalog",
    )
    wipe(pg, "app")


def its_session_and_its_settings_claim_to_be_dryfits(pg, admin) -> None:
    its_comment_is_copied_only(pg)
    with pg.connect("app") as connection:
        with pytest.raises(psycopg.errors.CantChangeRuntimeParam):
            connection.execute(f"SET cluster_name = 'dryfit {TOKEN}'")
        connection.execute(f"SET application_name = 'dryfit {TOKEN}'")
        postgres.prove(connection, TOKEN)
        connection.execute("DROP SCHEMA public CASCADE")


def the_token_is_empty(pg, admin) -> None:
    pg.run("app", "COMMENT ON DATABASE app IS 'dryfit '")
    wipe(pg, "app", "")


def the_name_is_a_statement(pg, admin) -> None:
    postgres.drop(admin, 'dryfit_gw0"; DROP DATABASE app WITH (FORCE); --', TOKEN)


def the_name_is_cut_short_to_its_own(pg, admin) -> None:
    name = "dryfit_" + "x" * 56
    pg.fill(name)
    try:
        postgres.drop(admin, name + "yyy", TOKEN)
    finally:
        assert pg.rows(name) == ROWS


def it_is_dropped_by_its_plain_name(pg, admin) -> None:
    postgres.drop(admin, "app", TOKEN)


def it_is_marked_as_if_it_were_just_made(pg, admin) -> None:
    postgres.write(admin, "app", TOKEN)
    wipe(pg, "app")


def it_is_adopted_by_a_script(pg, admin) -> None:
    adopt.adopt(pg.url(), "app")
    wipe(pg, "app")


def marks() -> set[Path]:
    return set((Path(os.environ["XDG_STATE_HOME"]) / "dryfit" / "marks").iterdir())


def its_comment_is_copied_only(pg) -> None:
    pg.run("app", f"COMMENT ON DATABASE app IS 'dryfit {TOKEN}'")


HARMLESS = (
    configuration_points_at_it,
    database_url_is_set_while_dryfit_has_a_server_of_its_own,
    an_endpoint_claims_to_be_a_server_of_dryfits_own,
    a_run_sweeps_while_another_lives,
)
"""Ways that lead to a database of dryfit's own: they are no errors."""

REFUSED_WAYS = (
    database_url_leads_to_it,
    its_comment_is_copied,
    it_is_copied_from_a_marked_one_with_its_comment,
    the_local_token_is_copied_for_it,
    somebody_may_have_written_the_local_token,
    the_local_state_was_lost,
    it_gets_the_name_of_the_marked_one,
    it_gets_the_name_between_the_proof_and_the_drop,
    the_marked_one_is_dropped_and_it_is_made_with_its_name,
    a_worker_gets_its_name,
    a_second_run_closes_the_database_of_the_first,
    the_search_path_leads_to_forged_functions,
    its_session_and_its_settings_claim_to_be_dryfits,
    the_token_is_empty,
    the_name_is_a_statement,
    the_name_is_cut_short_to_its_own,
    it_is_dropped_by_its_plain_name,
    it_is_marked_as_if_it_were_just_made,
    it_is_adopted_by_a_script,
)


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("way", HARMLESS, ids=lambda way: way.__name__)
def test_a_users_database_is_not_met(way: Callable[..., None], pg, admin) -> None:
    way(pg, admin)
    assert pg.rows() == ROWS


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("way", REFUSED_WAYS, ids=lambda way: way.__name__)
def test_a_users_database_is_left_alone(way: Callable[..., None], pg, admin) -> None:
    with pytest.raises(REFUSED):
        way(pg, admin)
    assert pg.rows() == ROWS


@pytest.mark.usefixtures("own")
def test_a_users_database_behind_a_pool_is_left_alone(pg, new_postgres) -> None:
    """The connection is the same, the server behind it is another one, with the same names and a copied comment."""
    other = new_postgres()
    other.fill("dryfit_gw0")
    other.run("postgres", f"COMMENT ON DATABASE dryfit_gw0 IS 'dryfit {TOKEN}'")
    with pytest.raises(ResourceError):
        wipe(other, "dryfit_gw0")
    with other.connect("postgres") as admin, pytest.raises(ResourceError):
        postgres.drop(admin, "dryfit_gw0", TOKEN)
    assert other.rows("dryfit_gw0") == ROWS


@pytest.mark.usefixtures("own")
def test_a_users_database_of_the_same_oid_on_a_copied_server_needs_the_token(pg) -> None:
    """The register knows tokens, not places alone: a thing of a known identity without the token is refused."""
    with pg.connect("app") as connection:
        register.enter(system_and_oid(connection), TOKEN)
        with pytest.raises(ResourceError, match="does not bear"):
            postgres.prove(connection, TOKEN)
    assert pg.rows() == ROWS


# Redis


@pytest.fixture
def redis_client(redis_url: str) -> Iterator[object]:
    redis = pytest.importorskip("redis")
    with redis.Redis.from_url(redis_url, client_name="dryfit:test") as client:
        yield client


def its_number_is_claimed(client, mark: Mark) -> None:
    redis_guard.flush(client, redis_guard.claim(client, 0))


def its_number_is_claimed_as_if_the_server_were_dryfits(client, mark: Mark) -> None:
    redis_guard.flush(client, redis_guard.claim(client, 0, own_server=True))


def its_keys_are_swapped_into_the_marked_number(client, mark: Mark) -> None:
    client.swapdb(0, 3)
    try:
        redis_guard.flush(client, mark)
    finally:
        client.swapdb(0, 3)


def its_keys_are_copied_with_the_mark(client, mark: Mark) -> None:
    client.set(redis_guard.KEY, mark.text)
    try:
        redis_guard.flush(client, replace(mark, identity=replace(mark.identity, part="0")))
    finally:
        client.delete(redis_guard.KEY)


def the_marked_one_was_flushed_and_others_write_there(client, mark: Mark) -> None:
    client.swapdb(0, 3)
    client.delete(redis_guard.KEY)
    client.swapdb(0, 3)
    client.copy("order:0", "order:0", destination_db=3)
    redis_guard.flush(client, mark)


def another_server_answers_there(client, mark: Mark) -> None:
    redis_guard.flush(client, replace(mark, identity=replace(mark.identity, server="0" * 40)))


def its_url_names_its_number(client, mark: Mark) -> None:
    port = client.connection_pool.connection_kwargs["port"]
    endpoint = Endpoint("127.0.0.1", port, database="0")
    resource = redis_kind.open(Declaration("cache", "redis", "url"), endpoint, Path.cwd(), "dryfit_1_gw0")
    resource.clean()
    resource.close()
    raise ResourceError("a number of its own was used")


@pytest.mark.parametrize(
    "way",
    [
        its_number_is_claimed,
        its_number_is_claimed_as_if_the_server_were_dryfits,
        its_keys_are_swapped_into_the_marked_number,
        its_keys_are_copied_with_the_mark,
        the_marked_one_was_flushed_and_others_write_there,
        another_server_answers_there,
        its_url_names_its_number,
    ],
    ids=lambda way: way.__name__,
)
def test_a_users_keys_are_left_alone(way: Callable[..., None], redis_client) -> None:
    mark = redis_guard.claim(redis_client, 3)
    with pytest.raises(ResourceError):
        way(redis_client, mark)
    assert redis_client.dbsize() == ROWS


# Files


@dataclass(frozen=True)
class Home:
    """A user's directory with seven files, and with a database of seven rows in one more."""

    path: Path

    def rows(self) -> int:
        with closing(sqlite3.connect(self.path / "app.sqlite3")) as connection:
            found = connection.execute("SELECT count(*) FROM orders").fetchone()
        return int(found[0])

    def files(self) -> int:
        return len(list(self.path.glob("file*")))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    path = tmp_path / "home"
    path.mkdir(mode=0o755)
    for number in range(ROWS):
        (path / f"file{number}").write_text("mine")
    with closing(sqlite3.connect(path / "app.sqlite3")) as connection, connection:
        connection.execute("CREATE TABLE orders (id)")
        connection.executemany("INSERT INTO orders VALUES (?)", [(number,) for number in range(ROWS)])
    return Home(path)


def its_path_is_given(home: Home, mark: Mark, data: Path) -> None:
    directory.empty(mark, home.path)


def the_path_is_the_root(home: Home, mark: Mark, data: Path) -> None:
    directory.empty(mark, Path("/"))


def the_path_leads_out(home: Home, mark: Mark, data: Path) -> None:
    directory.empty(mark, data / ".." / ".." / "home")


def the_data_directory_has_become_a_link_to_it(home: Home, mark: Mark, data: Path) -> None:
    data.rmdir()
    data.symlink_to(home.path)
    directory.empty(mark, data)


def the_marked_directory_has_become_a_link_to_it(home: Home, mark: Mark, data: Path) -> None:
    (home.path / "data").symlink_to(home.path)
    shutil.copyfile(data.parent / ".dryfit-mark", home.path / ".dryfit-mark")
    data.parent.rename(data.parent.with_name("away"))
    data.parent.symlink_to(home.path)
    directory.remove(mark, data)


def it_has_been_put_in_the_place_of_the_marked_one(home: Home, mark: Mark, data: Path) -> None:
    copied = home.path.with_name("copied")
    shutil.copytree(home.path, copied / "data")
    shutil.copyfile(data.parent / ".dryfit-mark", copied / ".dryfit-mark")
    data.parent.rename(data.parent.with_name("away"))
    copied.rename(data.parent)
    try:
        directory.remove(mark, data)
    finally:
        assert len(list(data.glob("file*"))) == ROWS


@pytest.mark.parametrize(
    "way",
    [
        its_path_is_given,
        the_path_is_the_root,
        the_path_leads_out,
        the_data_directory_has_become_a_link_to_it,
        the_marked_directory_has_become_a_link_to_it,
        it_has_been_put_in_the_place_of_the_marked_one,
    ],
    ids=lambda way: way.__name__,
)
def test_a_users_directory_is_left_alone(way: Callable[..., None], home: Home, tmp_path: Path) -> None:
    mark, data = directory.create(tmp_path)
    with pytest.raises(ResourceError):
        way(home, mark, data)
    assert home.files() == ROWS
    assert home.rows() == ROWS
    assert home.path.stat().st_mode & 0o777 == 0o755


def test_a_link_that_a_test_leaves_in_its_directory_leads_to_no_harm(home: Home) -> None:
    resource = directory_kind.open(Declaration("uploads", "directory"), None, Path.cwd(), "dryfit_1_gw0")
    (resource.handle.path / "home").symlink_to(home.path)
    resource.clean()
    resource.close()
    assert home.files() == ROWS


def test_a_users_database_file_that_a_test_links_to_is_left_alone(home: Home) -> None:
    resource = sqlite_kind.open(Declaration("database", "sqlite"), None, Path.cwd(), "dryfit_1_gw0")
    resource.handle.path.unlink()
    resource.handle.path.symlink_to(home.path / "app.sqlite3")
    resource.clean()
    resource.close()
    assert home.rows() == ROWS
