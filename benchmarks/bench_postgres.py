"""What a clean PostgreSQL costs a suite: dryfit beside pytest-postgresql and testcontainers, in one run.

    python benchmarks/bench_postgres.py [--tests 200] [--rounds 2] [--version 18]

The schema has 40 tables and 400 rows, every table but the first refers to another one. Each suite has the same tests,
which differ only in where their connection comes from; every round runs all suites, one after the other, so that what
else the machine does meets them all. *Between two tests* is the time from the end of one test's own code to the
beginning of the next one's: tear-down, set-up and pytest itself, with the connection where the fixture opens one.
Run as root, everything runs as ``nobody``: pytest-postgresql's server refuses root. All servers have their data in
memory where there is some, and none of them waits for disks. Testcontainers gets an image that is made here, of the
same server, where a container engine answers.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import pwd
import shutil
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import psycopg

from dryfit.config import load_config
from dryfit.resources.environment import Environment, new_space
from dryfit.resources.postgres import programs

TABLES, ROWS = 40, 10
MILLISECONDS = 1000
IMAGE = "dryfit-bench-postgres:local"

WRITING = """
import pytest

@pytest.mark.parametrize("number", range({tests}))
def test_writing(connection, number):
    connection.execute("INSERT INTO t3 (name, parent) VALUES ('new', 1), ('newer', 2)")
    connection.execute("UPDATE t7 SET name = 'changed' WHERE id = 5")
    connection.execute("DELETE FROM t39 WHERE id = %s", [number % 10 + 1])
    assert connection.execute("SELECT count(*) FROM t3").fetchone() == (12,)
"""

READING = """
import pytest

@pytest.mark.parametrize("number", range({tests}))
def test_reading(connection, number):
    assert connection.execute("SELECT count(*) FROM t3 JOIN t2 ON t2.id = t3.parent").fetchone() == (10,)
"""

# Written by the suite itself: when each test's own code began and ended, on a clock that all processes share.
CLOCK = """
import json, os, time
import psycopg
import pytest

SPANS = []

@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    begun = time.monotonic()
    try:
        return (yield)
    finally:
        SPANS.append((begun, time.monotonic()))

def pytest_sessionfinish():
    if SPANS:
        with open(f"spans-{os.getpid()}.json", "w") as file:
            json.dump(SPANS, file)
"""

NONE = """
class Nothing:
    def execute(self, statement, values=()):
        return self
    def fetchone(self):
        return (12,) if self.writes else (10,)

@pytest.fixture
def connection(request):
    nothing = Nothing()
    nothing.writes = "writing" in request.node.name
    return nothing
"""

DRYFIT = """
@pytest.fixture
def connection(database):
    with psycopg.connect(database.url, autocommit=True) as connection:
        yield connection
"""

DRYFIT_POOLED = """
POOL = []

@pytest.fixture
def connection(database):
    if not POOL:
        POOL.append(psycopg.connect(database.url, autocommit=True))
    return POOL[0]

@pytest.hookimpl(tryfirst=True)
def pytest_unconfigure():
    for connection in POOL:
        connection.close()
"""

ROLLED_BACK = """
POOL = []

@pytest.fixture
def connection():
    if not POOL:
        POOL.append(psycopg.connect({server!r} + os.environ.get("PYTEST_XDIST_WORKER", "gw0")))
    yield POOL[0]
    POOL[0].rollback()
"""

PYTEST_POSTGRESQL = """
from pathlib import Path
from pytest_postgresql import factories

server = factories.postgresql_proc(
    executable={pg_ctl!r}, load=[Path("schema.sql")], postgres_options="-F", unixsocketdir="/tmp"
)
postgresql = factories.postgresql("server")

@pytest.fixture
def connection(postgresql):
    postgresql.autocommit = True
    return postgresql
"""

TESTCONTAINERS = """
from testcontainers.postgres import PostgresContainer

@pytest.fixture(scope="session")
def server():
    container = PostgresContainer({image!r}, driver=None).with_command("postgres -c fsync=off")
    with container.with_tmpfs_mount("/var/lib/postgresql"):
        url = container.get_connection_url()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(open("schema.sql").read())
            connection.execute("CREATE DATABASE pattern TEMPLATE test")
        yield url

@pytest.fixture
def connection(server):
    with psycopg.connect(server.rpartition("/")[0] + "/postgres", autocommit=True) as control:
        control.execute("DROP DATABASE IF EXISTS test WITH (FORCE)")
        control.execute("CREATE DATABASE test TEMPLATE pattern")
    with psycopg.connect(server, autocommit=True) as connection:
        yield connection
"""

RESOURCES = (
    '[tool.dryfit.resources]\ndatabase = { kind = "postgres", schema = "schema.sql", env = "DATABASE_URL" }\n'
)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a clean database: its fixture, what has to be installed, how many tests it can bear."""

    name: str
    fixture: str
    module: str = ""
    resources: str = ""
    plugins: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The tool with its version."""
        return f"{self.name} {version(self.module)}" if self.module else self.name


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds that one run of one suite took: until its first test's code, between tests, and in all."""

    start: float
    gaps: tuple[float, ...]
    whole: float


def ways(pg_ctl: str, server: str) -> Iterator[Way]:
    """All of them, bare pytest first, ours, and those that others are compared with; ``server`` is one that is up."""
    ours = ("dryfit.pytest_plugin",)
    yield Way("bare pytest", NONE)
    yield Way("dryfit", DRYFIT, resources=RESOURCES, plugins=ours)
    yield Way("dryfit, connection kept", DRYFIT_POOLED, resources=RESOURCES, plugins=ours)
    yield Way("rolled back", ROLLED_BACK.format(server=server))
    yield Way(
        "pytest-postgresql",
        PYTEST_POSTGRESQL.format(pg_ctl=pg_ctl),
        "pytest-postgresql",
        plugins=("pytest_postgresql.plugin",),
    )
    yield Way("testcontainers", TESTCONTAINERS.format(image=IMAGE), "testcontainers")


def missing(way: Way) -> str:
    """Why a way cannot be measured here; "" where it can."""
    if way.module and importlib.util.find_spec(way.module.replace("-", "_")) is None:
        return "not installed"
    if way.module == "testcontainers" and not _engine_answers():
        return "no container engine answers"
    return ""


@contextmanager
def server_up(workers: int = 2) -> Iterator[str]:
    """A server with a seeded database for each worker; its URL up to the database's name."""
    with tempfile.TemporaryDirectory(prefix="bench-postgres-up-") as name:
        folder = Path(name)
        _write_project(folder, RESOURCES)
        declared = load_config(folder).resources.value
        with Environment(declared, folder, new_space()) as resources:
            handle = resources.open("database").handle
            server = handle.url.removesuffix(handle.database)
            for number in range(workers):
                with psycopg.connect(handle.url, autocommit=True) as connection:
                    connection.execute(f"CREATE DATABASE gw{number} TEMPLATE template0")
                with psycopg.connect(f"{server}gw{number}", autocommit=True) as connection:
                    connection.execute("\n".join(_schema()))
            yield server


@contextmanager
def image() -> Iterator[None]:
    """The image for testcontainers, of the wheel's PostgreSQL: the same server for all, and nothing is pulled."""
    sys.path.insert(0, str(Path(__file__).parent.parent))
    import docker
    from tests.unit.resources.providers import images

    with closing(docker.from_env()) as client:
        images.load(client, images.postgres(), IMAGE.partition(":")[0])
        yield
        client.images.remove(IMAGE, force=True)


def _engine_answers() -> bool:
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "info"], capture_output=True).returncode == 0


@contextmanager
def suite(way: Way, tests: int) -> Iterator[Path]:
    """A folder with the suite of one way."""
    folder = Path(tempfile.mkdtemp(prefix="bench-postgres-"))
    _write_project(folder, way.resources)
    (folder / "conftest.py").write_text(CLOCK + way.fixture)
    (folder / "test_writing.py").write_text(WRITING.format(tests=tests))
    (folder / "test_reading.py").write_text(READING.format(tests=tests))
    if owner := _owner():
        for path in (folder, *folder.iterdir()):
            os.chown(path, owner.pw_uid, owner.pw_gid)
    yield folder
    shutil.rmtree(folder)


def _write_project(folder: Path, resources: str) -> None:
    (folder / "pyproject.toml").write_text(f"[project]\nname = 'bench'\nversion = '1'\n{resources}")
    (folder / "schema.sql").write_text("\n".join(_schema()))


def _schema() -> Iterator[str]:
    for number in range(TABLES):
        parent = f" REFERENCES t{number - 1} ON DELETE CASCADE" if number else ""
        yield (
            f"CREATE TABLE t{number} (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL,"
            f" amount numeric(10, 2) DEFAULT 0, made timestamptz DEFAULT now(), parent integer{parent});"
        )
        yield f"CREATE INDEX ON t{number} (name);"
        yield f"INSERT INTO t{number} (name, parent) SELECT 'n' || g, g FROM generate_series(1, {ROWS}) g;"


def measure(way: Way, folder: Path, home: Path, file: str, *words: str) -> Run:
    """Run one file of a suite; raises where its tests fail."""
    owner = _owner()
    plugins = [word for name in ("no:cacheprovider", "xdist.plugin", *way.plugins) for word in ("-p", name)]
    homes = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_STATE_HOME"), str(home))
    # What else is installed would cost all of them the same, and hide the differences.
    only = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "TESTCONTAINERS_RYUK_DISABLED": "true"}
    # Installed packages come compiled; a checkout, which nobody else may write to, would be compiled by every process.
    compiled = {"PYTHONPYCACHEPREFIX": str(home / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}
    environment = {**os.environ, **homes, **only, **compiled}
    begun = time.monotonic()
    done = subprocess.run(
        [*_as(owner), sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", *plugins, *words, file],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    whole = time.monotonic() - begun
    if done.returncode:
        raise SystemExit(f"{way.name}: its suite failed\n{done.stdout}{done.stderr}")
    spans = [_taken(path) for path in folder.glob("spans-*.json")]
    gaps = [after[0] - before[1] for each in spans for before, after in pairwise(each)]
    return Run(min(each[0][0] for each in spans) - begun, tuple(gaps), whole)


def _taken(path: Path) -> list[tuple[float, float]]:
    spans = json.loads(path.read_text())
    path.unlink()
    return [(begun, ended) for begun, ended in spans]


def _as(owner: pwd.struct_passwd | None) -> list[str]:
    """What runs a program as somebody else, who may read what root may: Python itself may be in root's home."""
    if owner is None:
        return []
    engine = Path(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://"))
    groups = f"--groups={engine.stat().st_gid}" if engine.exists() else "--clear-groups"
    rights = [f"--{kind}-caps=+dac_read_search" for kind in ("inh", "ambient")]
    return ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", groups, *rights]


def _memory() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _owner() -> pwd.struct_passwd | None:
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


@dataclass(frozen=True, slots=True)
class Figures:
    """What one way took over all rounds; gaps in milliseconds, the rest in seconds."""

    way: Way
    writing: tuple[float, ...]
    reading: tuple[float, ...]
    start: float
    whole: float
    parallel: float


def figures(chosen: Sequence[Way], tests: int, rounds: int) -> Iterator[Figures]:
    """Measure all ways in turns, after one run of each that fills caches and is not counted."""
    runs: dict[str, list[tuple[Run, Run, Run]]] = {way.name: [] for way in chosen}
    with tempfile.TemporaryDirectory(prefix="bench-postgres-home-", dir=_memory()) as name:
        home = Path(name)
        if owner := _owner():
            os.chown(home, owner.pw_uid, owner.pw_gid)
        for counted in range(rounds + 1):
            for way in chosen:
                with suite(way, tests if counted else 2) as folder:
                    found = (
                        measure(way, folder, home, "test_writing.py"),
                        measure(way, folder, home, "test_reading.py"),
                        measure(way, folder, home, "test_writing.py", "-n", "2"),
                    )
                if counted:
                    runs[way.name].append(found)
                    print(f"{way.name}: {found[0].whole:.1f} s", file=sys.stderr)
    for way in chosen:
        writing, reading, parallel = zip(*runs[way.name], strict=True)
        yield Figures(
            way,
            tuple(gap * MILLISECONDS for run in writing for gap in run.gaps),
            tuple(gap * MILLISECONDS for run in reading for gap in run.gaps),
            statistics.median(run.start for run in (*writing, *reading)),
            statistics.median(run.whole for run in writing),
            statistics.median(run.whole for run in parallel),
        )


def table(found: Sequence[Figures], tests: int) -> Iterator[str]:
    """The table in Markdown; in brackets what is beyond bare pytest's own, which is in every row."""
    head = [
        "", "between writing tests, median", "p95", "between reading tests, median", "until the first test",
        f"{tests} writing tests", "the same with `-n 2`",
    ]  # fmt: skip
    yield "| " + " | ".join(head) + " |"
    yield "| --- |" + " ---: |" * (len(head) - 1)
    bare, *_ = found
    for each in found:
        cells = [
            _both(statistics.median(each.writing), statistics.median(bare.writing), "ms"),
            _both(_p95(each.writing), _p95(bare.writing), "ms"),
            _both(statistics.median(each.reading), statistics.median(bare.reading), "ms"),
            _both(each.start, bare.start, "s"),
            _both(each.whole, bare.whole, "s"),
            _both(each.parallel, bare.parallel, "s"),
        ]
        yield f"| {each.way.label} | " + " | ".join(cells) + " |"


def _both(value: float, bare: float, unit: str) -> str:
    beyond = f" ({value - bare:.2f})" if value != bare else ""
    return f"{value:.2f} {unit}{beyond}"


def ratios(found: Sequence[Figures]) -> Iterator[str]:
    """How many times as long each peer takes as ours and as a rollback, bare pytest's share taken out of both."""
    bare = found[0]
    for peer in found[4:]:
        for kept in found[1:4]:
            writing = _beyond(peer.writing, bare.writing) / _beyond(kept.writing, bare.writing)
            reading = _beyond(peer.reading, bare.reading) / _beyond(kept.reading, bare.reading)
            start = (peer.start - bare.start) / (kept.start - bare.start)
            yield (
                f"{peer.way.label} against {kept.way.name}: writing {writing:.1f}×, reading {reading:.1f}×,"
                f" start {start:.1f}×, suite {peer.whole / kept.whole:.1f}×, -n 2 {peer.parallel / kept.parallel:.1f}×"
            )


def _beyond(values: Sequence[float], bare: Sequence[float]) -> float:
    return statistics.median(values) - statistics.median(bare)


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=textwrap.dedent((__doc__ or "").partition("\n")[0]))
    parser.add_argument("--tests", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--version", default="", help="of PostgreSQL")
    given = parser.parse_args()
    server = programs.find(given.version)
    with server_up() as up:
        possible = list(ways(server.path("pg_ctl"), up))
        absent = {way.name: why for way in possible if (why := missing(way))}
        chosen = [way for way in possible if way.name not in absent]
        with image() if any(way.module == "testcontainers" for way in chosen) else nullcontext():
            found = list(figures(chosen, given.tests, given.rounds))
    print(f"PostgreSQL {server.version}, Python {platform.python_version()}, {os.cpu_count()} cores\n")
    print("\n".join(table(found, given.tests)), end="\n\n")
    print("\n".join(ratios(found)))
    for name, why in absent.items():
        print(f"{name}: not measured, {why}")


if __name__ == "__main__":
    main()
