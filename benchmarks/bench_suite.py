"""What watching costs a real suite: 200 requests to a FastAPI program with SQLAlchemy, bare and under four tools.

    python benchmarks/bench_suite.py [--rounds 9] [--only dryfit coverage ...]

The suite is ``benchmarks/suite``, copied to a temporary folder. Every round runs it once in each way, one after the
other, so that what else the machine does meets them all. What counts is user CPU time: of the whole process and of
its children (``os.wait4``), and of the tests alone, from the first one's beginning to the last one's end. Ratios are
medians of each round's own ratio to bare. A tool that is not installed is left out, and the table says so.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

SUITE = Path(__file__).resolve().parent / "suite"
REQUESTS = 200
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider")


@dataclass(frozen=True, slots=True)
class Way:
    """One way to run the suite; ``module`` is what has to be installed for it."""

    name: str
    module: str
    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def label(self) -> str:
        """The tool with its version; dryfit's is the one of this checkout."""
        return self.name if self.module == "dryfit" else f"{self.name} {version(self.module)}"


WAYS = (
    Way("bare pytest", "pytest", PYTEST),
    Way("dryfit", "dryfit", (*PYTEST, "-p", "dryfit.pytest_plugin", "--dryfit")),
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


def run(way: Way, folder: Path) -> Spent:
    """Run the suite once; raises ``RuntimeError`` where it is not green."""
    for left in (".dryfit", ".coverage", "monkeytype.sqlite3"):
        shutil.rmtree(folder / left, ignore_errors=True)
        (folder / left).unlink(missing_ok=True)
    tests, out = folder.parent / "tests.seconds", folder.parent / "out.txt"
    tests.unlink(missing_ok=True)
    # Without the plugins that happen to be installed, and with the same order of sets in every run.
    environment = os.environ | {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONHASHSEED": "0",
        "BENCH_TESTS_SECONDS": str(tests),
        **dict(way.environment),
    }
    with out.open("wb") as file:
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, file.fileno(), 1),
            (os.POSIX_SPAWN_DUP2, file.fileno(), 2),
        ]
        process = os.posix_spawn(
            sys.executable, [sys.executable, *way.command], environment, file_actions=actions
        )
    _, status, used = os.wait4(process, 0)
    if status or not tests.exists():
        raise RuntimeError(f"the suite is not green under {way.name}:\n{out.read_text(errors='replace')}")
    return Spent(used.ru_utime, float(tests.read_text()))


def measure(ways: Sequence[Way], rounds: int, folder: Path) -> Iterator[Mapping[Way, Spent]]:
    """Run all ways in turn, once to warm up (bytecode is written then) and then ``rounds`` times."""
    os.chdir(folder)
    for number in range(rounds + 1):
        spent = {way: run(way, folder) for way in ways}
        if number:
            print(f"round {number} of {rounds}", file=sys.stderr, flush=True)
            yield spent


def table(results: Sequence[Mapping[Way, Spent]]) -> Iterator[str]:
    """The lines of a Markdown table: medians in seconds, and medians of the ratios."""
    yield "| | tests alone | × bare | start and end | whole process | × bare |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for way in results[0]:
        spent = [each[way] for each in results]
        bare = [each[BARE] for each in results]
        pairs = list(zip(spent, bare, strict=True))
        tests, around, whole = (
            statistics.median(getattr(each, part) for each in spent) for part in ("tests", "around", "whole")
        )
        tests_ratio = statistics.median(each.tests / other.tests for each, other in pairs)
        whole_ratio = statistics.median(each.whole / other.whole for each, other in pairs)
        yield (
            f"| {way.label} | {tests:.2f} s | {tests_ratio:.2f} | {around:.2f} s "
            f"| {whole:.2f} s | {whole_ratio:.2f} |"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", nargs="+", default=[], metavar="MODULE", choices=[w.module for w in WAYS])
    options = parser.parse_args()
    wanted = [way for way in WAYS if way is BARE or not options.only or way.module in options.only]
    ways = [way for way in wanted if importlib.util.find_spec(way.module)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "suite"
        shutil.copytree(SUITE, folder, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        results = list(measure(ways, options.rounds, folder))
    print(
        f"CPython {platform.python_version()}, {REQUESTS} requests, {options.rounds} rounds, user CPU time\n"
    )
    print("\n".join(table(results)))
    for way in wanted:
        if way not in ways:
            print(f"\n{way.name} was not measured: it is not installed for this Python.")


if __name__ == "__main__":
    main()
