"""Trials of the example shop in the lab, beside one pytest process a trial: how many a second, and what each costs.

    python benchmarks/bench_lab.py [--trials 4] [--processes 8] [--workers 1] [pytest arguments]

The shop is copied to a temporary folder. The lab tries the first offered faults of every test of it, ``--trials`` a
test at most. Beside it ``--processes`` of these trials' tests are run by a pytest of their own, which is what a trial
costs without a lab. In a warm runner the same trials are timed one by one: from asking to having the answer, and what
of that lies outside of the test's set-up, call and teardown, such as cleaning the database. They are timed in turn with
another runner, which does not follow the faults on their way. The same tests are timed in one plain run of pytest, too,
by its own report: what they take there no lab can spare.
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
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Pipe
from pathlib import Path
from xml.etree import ElementTree

from dryfit.checks.experiments import entries
from dryfit.config import load_config
from dryfit.lab.instruments import STANDARD, Fire, Standard
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
MEASURED = 200


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds: of the lab in all, of one trial in a runner, of that beyond its test, and of one process a trial.

    ``followed`` is how many times as long a trial takes as one whose fault is not followed, the median. ``plain`` are
    the seconds of the same trials' tests in plain pytest, where nothing fails.
    """

    trials: int
    lab: float
    trial: float
    overhead: float
    followed: float
    process: float
    plain: float


class Unfollowed(Standard):
    """Does not listen to what becomes of a fault."""

    def _happened(self, fired: Fire) -> None:
        self._recorder.look_out()
        fired()


def first_offered(most: int, baseline: Trial) -> Iterator[Experiment]:
    """The first faults that may happen in a test."""
    entry_of = entries(baseline)
    offered = (
        Experiment(baseline.test, crossed.point, offer.when, offer.fault, entry_of[crossed.index])
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


def sampled(found: LabResult) -> list[Trial]:
    """Trials that are spread over all tests."""
    done = [
        trial for _, _, trials in found.trials for trial in trials if trial.outcome not in ("hang", "crash")
    ]
    return done[:: max(len(done) // MEASURED, 1)]


def in_plain_pytest(sample: Sequence[Trial], arguments: Sequence[str]) -> float:
    """Seconds of one trial's test, set-up and teardown with it, in one run of all tests (mean)."""
    with tempfile.NamedTemporaryFile(suffix=".xml") as file:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junit-xml", file.name]
        subprocess.run([*command, *arguments], check=True, capture_output=True)
        told = {
            (str(case.get("classname")), str(case.get("name"))): float(case.get("time", 0))
            for case in ElementTree.parse(file.name).iter("testcase")
        }
    return statistics.mean(told[_in_junit(trial.test)] for trial in sample)


def _in_junit(test: str) -> tuple[str, str]:
    """The class and the name that pytest's report in XML has for a test."""
    file, *classes, name = test.split("::")
    return ".".join((file.removesuffix(".py").replace("/", "."), *classes)), name


def in_runner(root: Path, sample: Sequence[Trial]) -> tuple[float, float, float]:
    """One trial in a warm runner: seconds in all (mean), beyond its test (median); how many times one unfollowed."""
    with tempfile.TemporaryDirectory(prefix="dryfit-bench-") as home, ExitStack() as stack:
        workers = [
            stack.enter_context(only_worker(root, Path(home, str(number)), instruments))
            for number, instruments in enumerate((STANDARD, "bench_lab:Unfollowed"))
        ]
        for test in dict.fromkeys(trial.test for trial in sample):
            for worker in workers:
                worker.trial(test, None, 60.0, brief=True)
        spent: tuple[list[float], list[float]] = ([], [])
        beyond = []
        for number, known in enumerate(sample):
            for each in (0, 1) if number % 2 else (1, 0):
                begun = time.perf_counter()
                trial = workers[each].trial(known.test, known.experiment, 60.0)
                spent[each].append(time.perf_counter() - begun)
                if each == 0:
                    beyond.append(spent[0][-1] - trial.seconds)
    ratio = statistics.median(one / other for one, other in zip(*spent, strict=True))
    return statistics.mean(spent[0]), statistics.median(beyond), ratio


@contextmanager
def only_worker(root: Path, home: Path, instruments: str) -> Iterator[RemoteWorker]:
    """A worker as the lab has it."""
    stop, _stopping = Pipe(duplex=False)
    task = Task(load_config(root), (), number=0, workers=1, home=home, forks=True, instruments=instruments)
    worker = RemoteWorker(task, root / ".dryfit" / f"bench{home.name}.log", stop)
    try:
        yield worker
    finally:
        worker.close()


def measured(root: Path, arguments: argparse.Namespace) -> Figures:
    """Run the lab, and what it is compared with."""
    lab = Lab(load_config(root), arguments.pytest, workers=arguments.workers)
    begun = time.perf_counter()
    found = lab.run(lambda baseline: first_offered(arguments.trials, baseline))
    spent = time.perf_counter() - begun
    sample = sampled(found)
    trial, beyond, followed = in_runner(root, sample)
    return Figures(
        trials=sum(len(trials) for _, _, trials in found.trials),
        lab=spent,
        trial=trial,
        overhead=beyond,
        followed=followed,
        process=in_processes(found, arguments.processes),
        plain=in_plain_pytest(sample, arguments.pytest),
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
    own = [str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(own)  # where workers find the instruments
    with tempfile.TemporaryDirectory(prefix="dryfit-bench-") as folder:
        root = Path(folder, "shop")
        shutil.copytree(SHOP, root, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        os.chdir(root)
        figures = measured(root, arguments)
        os.chdir(folder)
    print(
        f"CPython {platform.python_version()}, {arguments.workers} worker(s)\n"
        f"{figures.trials} trials in {figures.lab:.1f} s, with the start and all baselines:"
        f" {figures.trials / figures.lab:.1f} a second, {figures.process * figures.trials / figures.lab:.0f}×"
        f" what one process a trial does ({figures.process:.2f} s each)\n"
        f"one trial in a warm runner: {1000 * figures.trial:.1f} ms, {figures.process / figures.trial:.0f}×;"
        f" {1000 * figures.overhead:.1f} ms of it beyond its test;"
        f" {figures.followed:.2f} of one whose fault is not followed\n"
        f"its test in plain pytest, where nothing fails: {1000 * figures.plain:.1f} ms,"
        f" {figures.process / figures.plain:.0f}×"
    )


if __name__ == "__main__":
    main()
