"""What a fault on the wire costs: one INCR on a real Redis, beside the same fault as the catalogue makes it.

    python benchmarks/bench_wire.py [--rounds 200]

A component counts up, each time in a trial of its own: undisturbed before any fault on the wire, with the reply lost by
the catalogue, with the reply lost on the wire and tried again by the client, with a reply that comes too late for a
limit of a minute, and undisturbed again. Needs redis-server.
"""

from __future__ import annotations

import argparse
import importlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from dryfit.model.crossing import Crossing
from dryfit.model.seam import Place, Seam
from dryfit.model.trial import Experiment, Fault, Point, When
from dryfit.probes.faults import FaultProbe
from dryfit.weave import Weave

POINT = Point(Seam("counter", "redis", "redis.Redis.execute_command"), Place("counter.py", 2), 1)
COMPONENT = "def count(client):\n    return client.incr('k')\n"

CASES: tuple[tuple[str, When, str], ...] = (
    ("undisturbed, before", "before", ""),
    ("connection-lost, by the catalogue", "after", "connection-lost"),
    ("wire-reply-lost, tried again", "after", "wire-reply-lost"),
    ("wire-timeout, tried again", "after", "wire-timeout"),
    ("undisturbed, after", "before", ""),
)


def measured(rounds: int, address: str) -> dict[str, float]:
    """Seconds of one call in each case, the median."""
    with woven() as (count, weave):
        probe = FaultProbe(point_of, weave.is_within)
        weave.put_in(probe)
        weave.begin_test("bench")
        figures = {}
        for name, when, slug in CASES:
            experiment = Experiment("bench", POINT, when, Fault(slug, "")) if slug else None
            figures[name] = statistics.median(one(count, probe, experiment, address) for _ in range(rounds))
        weave.take_out()
    return figures


def one(count: object, probe: FaultProbe, experiment: Experiment | None, address: str) -> float:
    """Count once, over a connection that was open before."""
    assert callable(count)
    retry = Retry(NoBackoff(), 1)
    with redis.Redis(unix_socket_path=address, retry=retry, socket_timeout=60) as client:
        client.ping()
        fired: list[int] = []
        probe.begin(experiment, lambda: fired.append(1))
        begun = time.perf_counter()
        with suppress(redis.RedisError):
            count(client)
        spent = time.perf_counter() - begun
        assert (probe.end(), len(fired)) == ("", int(experiment is not None))
    return spent


def point_of(crossing: Crossing) -> Point:
    """Every call is the first one."""
    return POINT if crossing.callee.name == POINT.seam.callable else Point(crossing.seam, POINT.site, 0)


@contextmanager
def woven() -> Iterator[tuple[object, Weave]]:
    """A component that counts, and its weave."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "counter.py"
        file.write_text(COMPONENT)
        sys.path.insert(0, folder)
        module = importlib.import_module("counter")
        yield module.count, Weave(Path(folder), {str(file): "counter"}, {"counter": "counter"})


@contextmanager
def server() -> Iterator[str]:
    """A Redis of our own, on a Unix socket."""
    program = shutil.which("redis-server") or sys.exit("there is no redis-server on this machine")
    with tempfile.TemporaryDirectory() as folder:
        options = ["--port", "0", "--unixsocket", f"{folder}/socket", "--save", ""]
        running = subprocess.Popen([program, *options], cwd=folder, stdout=subprocess.PIPE, text=True)
        assert running.stdout is not None
        next(line for line in running.stdout if "eady to accept connections" in line)
        yield f"{folder}/socket"
        running.kill()
        running.communicate()


def main() -> None:
    """Measure, and print a table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--rounds", type=int, default=200)
    with server() as address:
        figures = measured(options.parse_args().rounds, address)
    plain = figures[CASES[0][0]]
    print(f"Python {platform.python_version()}, redis-py {redis.__version__}")
    for name, seconds in figures.items():
        print(f"{name:<36} {seconds * 1e3:8.2f} ms  {seconds / plain:6.1f}x")


if __name__ == "__main__":
    main()
