"""Bugs of contention on a real PostgreSQL: dryfit's controller beside frontrun and plain threads, in one run.

    python benchmarks/bench_contention.py [--runs 200] [--tries 50] [--without frontrun]

In memory it stands beside detangle and plain asyncio.

Every tool runs the same programs on the same server. *First report* is the time until the bug is shown: dryfit's after
the serial orders that it compares with, frontrun's with the replays that it makes by itself, plain threads' from their
first try. *Interleavings a second* count the way back to the first state. Of the race within one statement it is told
how many of the tries found it. frontrun runs in an environment of its own, which is made in a temporary folder.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from contention_peers import in_memory
from contention_peers.measured import Measured
from contention_peers.own import mapped_runs, psycopg_runs
from contention_peers.programs import DEADLOCK, OVERSELL, RACE, SCHEMA
from contention_peers.threads import thread_runs

from dryfit.model.resource import Declaration
from dryfit.resources.environment import new_space
from dryfit.resources.kinds.postgres import kind
from dryfit.resources.postgres.database import Database
from dryfit.resources.registry import provider_named

PEERS = Path(__file__).parent / "contention_peers"
NEEDED = ("frontrun[sql]==0.7.0", "psycopg[binary]", "sqlalchemy")
LIMIT = 100
"""Seconds for one program; what is known by then counts."""
ROUNDS = 5
"""How often each tool runs in memory; the best one counts."""

Table = dict[str, dict[str, Measured]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the table."""
    options = _parse(arguments)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with _database(root) as database:
            measured = {"dryfit": _own(database, options.runs, options.tries)}
            measured["threads"] = _threads(database.handle.url, options.runs, options.tries)
            if "frontrun" not in options.without:
                measured["frontrun"] = _frontrun(database, root / "frontrun", options.tries)
    print(_markdown(measured, options.tries))
    print(_in_memory(in_memory.paces(10 * options.runs, ROUNDS)))
    return 0


def _own(database: Database, runs: int, tries: int) -> dict[str, Measured]:
    race = [psycopg_runs(database, RACE, 0, split=True) for _ in range(tries)]
    return {
        OVERSELL.name: psycopg_runs(database, OVERSELL, runs),
        f"{OVERSELL.name} by ORM": mapped_runs(database, OVERSELL, runs),
        DEADLOCK.name: psycopg_runs(database, DEADLOCK, runs),
        RACE.name: Measured(race[0].report, found=sum(each.report is not None for each in race)),
    }


def _threads(url: str, runs: int, tries: int) -> dict[str, Measured]:
    often = {OVERSELL: runs, DEADLOCK: runs, RACE: tries}
    return {program.name: thread_runs(url, program, most) for program, most in often.items()}


def _frontrun(database: Database, home: Path, tries: int) -> dict[str, Measured]:
    venv.create(home, with_pip=True)
    subprocess.run([home / "bin" / "pip", "install", "-q", *NEEDED], check=True)
    measured = {}
    for name in (OVERSELL.name, DEADLOCK.name, RACE.name, f"{OVERSELL.name} by ORM"):
        database.clean()  # ends what the last one may have left open
        measured[name] = _run_frontrun(database.handle.url, home, name, tries if name == RACE.name else 0)
    return measured


def _run_frontrun(url: str, home: Path, name: str, tries: int) -> Measured:
    command = [
        home / "bin" / "frontrun",
        home / "bin" / "python",
        PEERS / "frontrun_runs.py",
        url,
        name,
        str(tries),
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    ) as peer:
        try:
            said, _ = peer.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(
                peer.pid, signal.SIGKILL
            )  # and what it has started: its transactions would be in others' way
            said, _ = peer.communicate()
            print(f"frontrun: {name}: not done within {LIMIT} s", file=sys.stderr)
    lines = said.decode().splitlines()
    return Measured(**json.loads(lines[-1])) if lines else Measured()


@contextmanager
def _database(root: Path) -> Iterator[Database]:
    (root / "schema.sql").write_text(SCHEMA)
    declaration = Declaration("database", "postgres", options={"schema": "schema.sql"})
    with provider_named("embedded").provide(kind, declaration, root) as endpoint:
        database = kind.open(declaration, endpoint, root, new_space())
        assert isinstance(database, Database)
        with closing(database):
            yield database


def _markdown(measured: Table, tries: int) -> str:
    tools = list(measured)
    orm = f"{OVERSELL.name} by ORM"
    rows = [
        ("oversell, first report", OVERSELL.name, _report),
        ("… repeated", OVERSELL.name, lambda each: each.replayed or "–"),
        ("interleavings a second, psycopg 3", OVERSELL.name, _rate),
        ("interleavings a second, SQLAlchemy ORM", orm, _rate),
        ("deadlock, first report", DEADLOCK.name, _report),
        (f"race within a statement, {tries} tries", RACE.name, lambda each: str(each.found)),
    ]
    lines = [f"| | {' | '.join(tools)} |", f"| --- | {' | '.join('---' for _ in tools)} |"]
    for title, name, show in rows:
        cells = (show(measured[tool].get(name, Measured())) for tool in tools)
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _in_memory(paces: dict[str, in_memory.Pace]) -> str:
    lines = [f"\n| | {' | '.join(paces)} |", f"| --- | {' | '.join('---' for _ in paces)} |"]
    lines.append(f"| runs a second | {' | '.join(f'{each.wall:,.0f}' for each in paces.values())} |")
    lines.append(f"| … of CPU time | {' | '.join(f'{each.cpu:,.0f}' for each in paces.values())} |")
    return "\n".join(lines)


def _report(measured: Measured) -> str:
    return f"{measured.report:.3f} s" if measured.report is not None else "none"


def _rate(measured: Measured) -> str:
    return f"{measured.rate:.0f}" if measured.ran else "–"


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Contention on PostgreSQL: dryfit beside its peers.")
    parser.add_argument(
        "--runs", type=int, default=200, help="interleavings, or tries of threads, to measure by"
    )
    parser.add_argument(
        "--tries", type=int, default=50, help="how often the race within a statement is looked for"
    )
    parser.add_argument("--without", nargs="*", default=[], choices=["frontrun"], help="peers to leave out")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
