"""Stand-ins that lie: what dryfit, forced autospec, mypy --strict and pytest-mockrot notice of them, in one run.

    python benchmarks/bench_mocks.py                # print the table
    python benchmarks/bench_mocks.py --markdown     # and write it into docs/explanation/mock-drift.md
    python benchmarks/bench_mocks.py enum dict      # only pairs with one of these words in their names

Every tool runs on each flawed program of tests/flaws/DF203-mock-drift, whose own tests are green, and on its mended
twin. It *finds* the flaw where it complains of the flawed program, and not in the same words of the mended one;
dryfit has to name caller, callable, severity and sub-kind as well. Whatever a tool says against a mended twin is a
*false alarm*: they are printed below the table.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from tempfile import TemporaryDirectory

from mock_peers.pair import Pair, lay_out
from mock_peers.table import PAGE, Row, Verdict, false_alarms, markdown, write_page
from mock_peers.tool import BenchmarkError, Tool, tools


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 the table is there, 2 a tool could not do its work."""
    options = _parse(arguments)
    with TemporaryDirectory() as folder:
        work = Path(folder)
        compared = tools(work / "mypy")
        pairs = [pair for pair in lay_out(work / "programs") if _wanted(pair, options.words)]
        try:
            rows = list(_compare(pairs, compared))
        except BenchmarkError as error:
            print(f"bench_mocks: {error}", file=sys.stderr)
            return 2
    names = [tool.name for tool in compared]
    table = f"{markdown(names, rows)}\n{_versions()}\n"
    print(table, false_alarms(names, rows), sep="\n", end="")
    if options.markdown:
        write_page(table)
    return 0


def _compare(pairs: Sequence[Pair], compared: Sequence[Tool]) -> Iterator[Row]:
    for pair in pairs:
        yield Row(pair, [_judge(tool, pair) for tool in compared])


def _judge(tool: Tool, pair: Pair) -> Verdict:
    wrong = tool.complaints(pair.mended)
    new = tool.complaints(pair.flawed) - wrong
    return Verdict(str(pair.flaw) in new if tool.exact else bool(new), wrong)


def _wanted(pair: Pair, words: Sequence[str]) -> bool:
    return not words or not set(words).isdisjoint(pair.name.split())


def _versions() -> str:
    peers = ", ".join(f"{name} {version(name)}" for name in ("mypy", "pytest-mockrot", "pytest"))
    return f"CPython {python_version()}, {peers}."


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("words", nargs="*", help="words of the names of pairs; all of them by default")
    parser.add_argument("--markdown", action="store_true", help=f"write the table into {PAGE.name}")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
