"""Trials of the example shop in the lab, beside one pytest process a trial: how many a second, and what each costs.

    python benchmarks/bench_lab.py [--trials 4] [--processes 8] [--workers 1] [pytest arguments]

The shop is copied to a temporary folder. The lab tries the first offered faults of every test of it, ``--trials`` a
test at most. Beside it ``--processes`` of these trials' tests are run by a pytest of their own, which is what a trial
costs without a lab. The overhead is what passes between asking for a run and having its answer, less the time from the
test's set-up to the end of its teardown: here it holds cleaning the database, which every run with dryfit's does.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Pipe
from pathlib import Path

from dryfit.config import load_config
from dryfit.lab.instruments import STANDARD
from dryfit.lab.lab import Lab
from dryfit.lab.messages import Task
from dryfit.lab.remote import RemoteWorker
from dryfit.lab.result import LabResult
from dryfit.model.trial import Experiment, Trial

SHOP = Path(__file__).resolve().parents[1] / "examples" / "shop"
PLUGINS = {
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTEST_PLUGINS": "dryfit.pytest_plugin,pytest_asyncio.plugin",
}
WARM, MEASURED = 20, 200


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds: of the lab in all, of one trial in it, of one process, and of one trial beyond its test."""

    trials: int
    lab: float
    process: float
    overhead: float

    @property
    def ratio(self) -> float:
        """How many trials the lab does in the time of one process."""
        return self.process * self.trials / self.lab


def first_offered(most: int, baseline: Trial) -> Iterator[Experiment]:
    """The first faults that may happen in a test."""
    offered = (
        Experiment(baseline.test, crossed.point, offer.when, offer.fault)
        for crossed in baseline.crossings
        for offer in crossed.offers
    )
    yield from islice(offered, most)


def in_processes(found: LabResult, wanted: int) -> float:
    """Seconds that a pytest process takes for the test of one trial; of ``wanted`` trials, spread over all."""
    tests = [trial.test for _, _, trials in found.trials for trial in trials]
    spent = []
    for test in tests[:: max(len(tests) // wanted, 1)][:wanted]:
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test],
            check=True,
            capture_output=True,
        )
        spent.append(time.perf_counter() - begun)
    return statistics.mean(spent)


def overhead(root: Path, found: LabResult) -> float:
    """The median of what a trial takes beyond its test, in a runner that is warm."""
    with tempfile.TemporaryDirectory(prefix="dryfit-bench-") as home, only_worker(root, Path(home)) as worker:
        quick = sorted((second for _, second, _ in found.trials), key=lambda trial: trial.seconds)[:MEASURED]
        for known in quick[:WARM]:
            worker.trial(known.test, None, 60.0)
        spent = []
        for known in quick:
            begun = time.perf_counter()
            trial = worker.trial(known.test, None, 60.0, brief=True)
            spent.append(time.perf_counter() - begun - trial.seconds)
        return statistics.median(spent)


@contextmanager
def only_worker(root: Path, home: Path) -> Iterator[RemoteWorker]:
    """A worker as the lab has it."""
    stop, _stopping = Pipe(duplex=False)
    task = Task(load_config(root), (), number=0, workers=1, home=home, forks=True, instruments=STANDARD)
    worker = RemoteWorker(task, root / ".dryfit" / "bench.log", stop)
    try:
        yield worker
    finally:
        worker.close()


def measured(root: Path, arguments: argparse.Namespace) -> Figures:
    """Run the lab, and what it is compared with."""
    lab = Lab(load_config(root), arguments.pytest, workers=arguments.workers)
    found = lab.run(lambda baseline: first_offered(arguments.trials, baseline))
    return Figures(
        trials=sum(len(trials) for _, _, trials in found.trials),
        lab=found.seconds,
        process=in_processes(found, arguments.processes),
        overhead=overhead(root, found),
    )


def main(given: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--trials", type=int, default=4)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("pytest", nargs="*")
    arguments = parser.parse_args(given)
    os.environ.update(PLUGINS)
    with tempfile.TemporaryDirectory(prefix="dryfit-bench-") as folder:
        root = Path(folder, "shop")
        shutil.copytree(SHOP, root, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        os.chdir(root)
        figures = measured(root, arguments)
        os.chdir(folder)
    print(
        f"CPython {platform.python_version()}, {arguments.workers} worker(s): {figures.trials} trials in"
        f" {figures.lab:.1f} s, start and baselines included: {figures.trials / figures.lab:.1f} a second;"
        f" {figures.process:.2f} s a trial in a process of its own: {figures.ratio:.0f}× as many;"
        f" {1000 * figures.overhead:.1f} ms a trial beyond its test"
    )


if __name__ == "__main__":
    main()
