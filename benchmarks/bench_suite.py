"""What watching costs a real suite: 200 requests to a FastAPI program with SQLAlchemy, bare and under four tools.

    python benchmarks/bench_suite.py [--rounds 9] [--only dryfit coverage …] [--count]

The suite is ``benchmarks/suite``, copied to a temporary folder. Every round runs it once in each way, one after the
other, so that what else the machine does meets them all. What counts is user CPU time: of the whole process and of
its children (``os.wait4``), and of the tests alone, from the first one's beginning to the last one's end. Ratios are
medians of each round's own ratio to bare, with the extremes. A tool that is not installed is left out, and the table
says so. ``--count`` counts instructions instead, which come out the same on a busy machine: it needs valgrind.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

SUITE = Path(__file__).resolve().parent / "suite"
REQUESTS = 200
FIRST = "tests/test_shop.py::test_a_quote_is_what_the_order_costs[user0-1x1]"
COUNTER = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider")


@dataclass(frozen=True, slots=True)
class Way:
    """One way to run the suite.

    ``module`` is what has to be installed for it, ``proof`` what its output says where the tool did its work.
    """

    name: str
    module: str
    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()
    proof: str = " passed in "

    @property
    def label(self) -> str:
        """The tool with its version; dryfit's is the one of this checkout."""
        return self.name if self.module == "dryfit" else f"{self.name} {version(self.module)}"


WAYS = (
    Way("bare pytest", "pytest", PYTEST),
    Way("dryfit", "dryfit", (*PYTEST, "-p", "dryfit.pytest_plugin", "--dryfit"), proof=" exercised"),
    Way("RightTyper", "righttyper", ("-m", "righttyper", *PYTEST)),
    Way(
        "coverage.py (C tracer)",
        "coverage",
        ("-m", "coverage", "run", *PYTEST),
        (("COVERAGE_CORE", "ctrace"),),
    ),
    Way("MonkeyType", "monkeytype", ("-m", "monkeytype", "run", *PYTEST)),
)
BARE = WAYS[0]


@dataclass(frozen=True, slots=True)
class Spent:
    """User seconds of one run: all of it, and its tests alone."""

    whole: float
    tests: float

    @property
    def around(self) -> float:
        """What comes before the first test and after the last."""
        return self.whole - self.tests


def timed(way: Way, folder: Path) -> Spent:
    """Run the suite once; user seconds."""
    tests = folder.parent / "tests.seconds"
    used = run([sys.executable, *way.command], way, folder, BENCH_TESTS_SECONDS=str(tests))
    return Spent(used.ru_utime, float(tests.read_text()))


def counted(way: Way, folder: Path) -> Spent:
    """Run the suite once, and once only its first test; instructions in millions, all of it and what is between."""
    whole, one = (count(way, folder, *chosen) for chosen in ((), (FIRST,)))
    return Spent(whole, whole - one)


def count(way: Way, folder: Path, *chosen: str) -> float:
    """Count the instructions of one run, without its children's."""
    run([*COUNTER, sys.executable, *way.command, *chosen], way, folder)
    found = re.search(r"I\s+refs:\s+([\d,]+)", (folder.parent / "out.txt").read_text(errors="replace"))
    assert found is not None
    return int(found[1].replace(",", "")) / 1e6


def run(command: Sequence[str], way: Way, folder: Path, **environment: str) -> resource.struct_rusage:
    """Run the suite in ``folder``; raises ``RuntimeError`` where it is not green, or the tool did nothing."""
    shutil.rmtree(folder / ".dryfit", ignore_errors=True)
    (folder / "monkeytype.sqlite3").unlink(missing_ok=True)  # it would be added to
    out = folder.parent / "out.txt"
    # Without the plugins that happen to be installed, with the same order of sets in every run, and with bytecode that
    # is kept: dryfit's own, run from a checkout, would be compiled anew each time.
    fixed = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": ""}
    with out.open("wb") as file:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | fixed | dict(way.environment) | environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    said = out.read_text(errors="replace")
    if process.returncode or way.proof not in said:
        raise RuntimeError(f"{way.name}: not {way.proof!r}, status {process.returncode}\n{said}")
    return used


def measure(ways: Sequence[Way], rounds: int, folder: Path) -> Iterator[Mapping[Way, Spent]]:
    """Run all ways in turn, once to warm up (bytecode is written then) and then ``rounds`` times."""
    for number in range(rounds + 1):
        spent = {way: timed(way, folder) for way in ways}
        if number:
            print(f"round {number} of {rounds}", file=sys.stderr, flush=True)
            yield spent


def table(results: Sequence[Mapping[Way, Spent]], unit: str) -> Iterator[str]:
    """The lines of a Markdown table: medians, and medians of the ratios."""
    yield "| | tests alone | × bare | start and end | whole process | × bare |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for way in results[0]:
        cells = [
            amount([each[way].tests for each in results], unit),
            ratio([each[way].tests / each[BARE].tests for each in results]),
            amount([each[way].around for each in results], unit),
            amount([each[way].whole for each in results], unit),
            ratio([each[way].whole / each[BARE].whole for each in results]),
        ]
        yield f"| {way.label} | {' | '.join(cells)} |"


def amount(values: Sequence[float], unit: str) -> str:
    """The median with its unit."""
    return f"{statistics.median(values):.{2 if unit == 's' else 0}f} {unit}"


def ratio(values: Sequence[float]) -> str:
    """The median, and the extremes where there are several."""
    middle = f"{statistics.median(values):.2f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.2f}–{max(values):.2f})"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", nargs="+", default=[], metavar="MODULE", choices=[w.module for w in WAYS])
    parser.add_argument("--count", action="store_true", help="count instructions, once, with valgrind")
    options = parser.parse_args()
    wanted = [way for way in WAYS if way is BARE or not options.only or way.module in options.only]
    ways = [way for way in wanted if importlib.util.find_spec(way.module)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "suite"
        shutil.copytree(SUITE, folder, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        results = list(measure(ways, 1 if options.count else options.rounds, folder))
        if options.count:
            results = [{way: counted(way, folder) for way in ways}]
    what = "million instructions" if options.count else f"user CPU time, {options.rounds} rounds"
    print(f"CPython {platform.python_version()}, {REQUESTS} requests, {what}\n")
    print("\n".join(table(results, "M" if options.count else "s")))
    for way in wanted:
        if way not in ways:
            print(f"\n{way.name} was not measured: it is not installed for this Python.")


if __name__ == "__main__":
    main()
