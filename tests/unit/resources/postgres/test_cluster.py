"""A server starts from a copy of what was made once."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

import dryfit
from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration
from dryfit.resources import places
from dryfit.resources.environment import Environment, new_space
from dryfit.resources.kinds.postgres import kind
from dryfit.resources.postgres import cluster, programs


def files(server_cache):
    return {path.name for path in (server_cache / "dryfit" / "postgres").glob("*.tar")}


def test_one_copy_for_each_schema_seed_settings_and_version(server_cache, project, endpoint):
    launch = kind.launch(project.declaration, project.root)
    assert launch.key == kind.launch(project.declaration, project.root).key
    assert f"{launch.key.split()[1]}.tar" in files(server_cache)
    before = files(server_cache)
    settings = Declaration(
        "database", "postgres", options={**project.options, "settings": {"work_mem": "8MB"}}
    )
    assert kind.launch(settings, project.root).key != launch.key
    with (
        Environment([settings], project.root, new_space()) as environment,
        psycopg.connect(environment.open("database").handle.url) as connection,
    ):
        assert connection.execute("SHOW work_mem").fetchone() == ("8MB",)
    assert len(files(server_cache) - before) == 1


def test_the_second_start_makes_nothing(server_cache, project, endpoint, monkeypatch, tmp_path):
    launch = kind.launch(project.declaration, project.root)
    monkeypatch.setattr(cluster.Cluster, "_make", lambda *_: pytest.fail("made again"))
    launch.prepare(tmp_path)
    assert (tmp_path / "data" / "PG_VERSION").exists()
    assert cluster.password(tmp_path) == endpoint.password


def test_the_server_asks_for_its_password_and_is_not_run_by_root(endpoint):
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(
            host="127.0.0.1", port=endpoint.port, user=endpoint.user, password="guessed", dbname="postgres"
        )
    with psycopg.connect(
        host=endpoint.socket, port=endpoint.port, user=endpoint.user, dbname="postgres"
    ) as connection:
        (pid,) = connection.execute("SELECT pg_backend_pid()").fetchone()
    found = os.stat(endpoint.socket)
    assert found.st_mode & 0o077 == 0
    assert found.st_uid != 0
    assert pid > 0


def test_a_bad_setting_is_told_with_the_servers_own_words(server_cache, project):
    bad = Declaration("database", "postgres", options={"settings": {"work_mem": "much"}})
    with pytest.raises(ResourceError, match=r"(?s)PostgreSQL: did not start.*work_mem"):
        kind.launch(bad, project.root).prepare(project.root / "home")
    assert not [name for name in files(server_cache) if name.endswith(".part")]


def test_another_checkout_starts_from_the_same_copy_on_a_server_of_its_own(
    server_cache, project, endpoint, tmp_path, monkeypatch
):
    shutil.copytree(project.root, tmp_path / "another checkout", dirs_exist_ok=True)
    ours = kind.launch(project.declaration, project.root)
    theirs = kind.launch(project.declaration, tmp_path / "another checkout")
    assert theirs.key != ours.key
    monkeypatch.setattr(cluster.Cluster, "_make", lambda *_: pytest.fail("made again"))
    home = places.new_home("test")
    theirs.prepare(home)
    assert cluster.password(home) == endpoint.password
    shutil.rmtree(home)


def test_a_copy_holds_little_of_the_log_and_the_databases_that_others_are_copied_from_apart(
    server_cache, project, endpoint, tmp_path
):
    launch = kind.launch(project.declaration, project.root)
    launch.prepare(tmp_path)
    assert len([path for path in (tmp_path / "data" / "pg_wal").iterdir() if path.is_file()]) <= 2
    at_first = {path.name for path in (tmp_path / "data" / "base").iterdir()}
    assert not at_first & {"1", "4"}  # template1, template0
    launch.complete(tmp_path)
    in_the_end = {path.name for path in (tmp_path / "data" / "base").iterdir()}
    with psycopg.connect(
        host=endpoint.socket, port=endpoint.port, user=endpoint.user, dbname="postgres"
    ) as asked:
        names = dict(asked.execute("SELECT oid::text, datname FROM pg_database").fetchall())
    seed, *templates = sorted(names[oid] for oid in in_the_end - at_first)
    assert seed.startswith("dryfit_seed_")
    assert templates == ["template0", "template1"]


def test_the_oldest_copies_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "MOST_KEPT", 2)
    for age, name in enumerate(["new", "middle", "old"]):
        (tmp_path / f"{name}.rest").touch()
        (tmp_path / f"{name}.tar").touch()
        os.utime(tmp_path / f"{name}.tar", (0, 1000 - age))
    cluster._prune(tmp_path / "new.tar")
    assert {path.name for path in tmp_path.iterdir()} == {"new.tar", "new.rest", "middle.tar", "middle.rest"}


def test_a_copy_that_another_run_uses_stays_however_many_there_are(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "MOST_KEPT", 1)
    for name in ["one", "two", "three"]:
        (tmp_path / f"{name}.tar").touch()
    cluster._prune(tmp_path / "three.tar")
    assert len(list(tmp_path.iterdir())) == 3


SOURCES = [str(Path(dryfit.__file__).parent.parent)]

AS_USER = """
    import os, sys
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
    os.environ.update(HOME=sys.argv[1], XDG_CACHE_HOME=sys.argv[1] + "/c", XDG_STATE_HOME=sys.argv[1] + "/s")
    os.chdir(sys.argv[1])
    import psycopg
    from pathlib import Path
    from dryfit.model.resource import Declaration
    from dryfit.resources.environment import Environment, new_space
    declared = Declaration("database", "postgres", options={"schema": "schema.sql"})
    with Environment([declared], Path(sys.argv[1]), new_space()) as environment:
        database = environment.open("database")
        with psycopg.connect(database.handle.url, autocommit=True) as connection:
            connection.execute("INSERT INTO customers (name) VALUES ('x')")
        print(os.getuid(), [leftover.change for leftover in database.clean()])
"""


def public_python() -> str:
    """An interpreter of this version that any user may run: root's own may lie in root's home."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/{name}", f"/usr/local/bin/{name}"):
        folders = Path(candidate).resolve().parents
        if Path(candidate).exists() and all(folder.stat().st_mode & stat.S_IXOTH for folder in folders):
            return candidate
    pytest.skip(f"no {name} here that an ordinary user may run")


@pytest.fixture
def home_of_nobody() -> Iterator[Path]:
    """A folder with a space in its name; not below pytest's, which each session of pytest closes to others again."""
    with tempfile.TemporaryDirectory(prefix="an ordinary home ") as folder:
        yield Path(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_in_a_folder_with_a_space(server_cache, project, home_of_nobody):
    home = home_of_nobody
    shutil.copy(project.root / "schema.sql", home)
    shutil.chown(home, 65534, 65534)
    paths = [path for path in sys.path if "site-packages" in path or path.endswith("src")]
    run = subprocess.run(
        [public_python(), "-c", textwrap.dedent(AS_USER), str(home)],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": os.pathsep.join([*paths, *SOURCES])},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (run.stdout, run.stderr) == ("65534 ['rows added']\n", "")


@pytest.mark.parametrize("version", ["14", "15", "16", "17", "18"])
def test_every_version_of_the_server(server_cache, project, version):
    try:
        programs.find(version)
    except ResourceError as error:
        pytest.skip(str(error))
    declared = Declaration("database", "postgres", options={**project.options, "version": version})
    with Environment([declared], project.root, new_space()) as environment:
        database = environment.open("database")
        for _ in range(2):
            with psycopg.connect(database.handle.url, autocommit=True) as connection:
                (drawn,) = connection.execute("SELECT nextval('invoices')").fetchone()
                connection.execute("INSERT INTO customers (name) VALUES ('x')")
                connection.execute("TRUNCATE lines")
            assert drawn == 101
            left = {(leftover.place, leftover.change, leftover.count) for leftover in database.clean()}
            assert left == {("customers", "rows added", 1), ("lines", "rows removed", 5)}
        assert database.replacements == []
        with psycopg.connect(database.handle.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE extra (id integer)")
        assert [leftover.place for leftover in database.clean()] == ["schema"]
        assert database.clean() == ()
