"""Run test suites that nobody here wrote, bare and under `pytest --dryfit`, and compare them test by test.

    python benchmarks/foreign.py                      # all programs of foreign.toml, on two Python versions
    python benchmarks/foreign.py click flask          # only these
    python benchmarks/foreign.py --bare               # bare against bare: proves the harness, needs no dryfit
    python benchmarks/foreign.py --results a.json --results b.json --markdown     # a table of runs made in parts
    python benchmarks/foreign.py --catalogue benchmarks/mocks.toml --findings found    # suites full of stand-ins

Every suite runs three times: bare, bare, under dryfit. Tests whose two bare runs differ are unsteady by
themselves: they are listed and left out. Everything else must be the same, or the exit status is 1.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from foreign_suites.catalogue import read_catalogue
from foreign_suites.command import ForeignError
from foreign_suites.figures import write_findings
from foreign_suites.place import CHECKOUT, find_pythons, prepare
from foreign_suites.result import Result, examine, read_results
from foreign_suites.table import plain_table, tell, write_page

CATALOGUE = Path(__file__).with_name("foreign.toml")
PAGE = CHECKOUT / "docs" / "explanation" / "foreign-programs.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 everything the same, 1 something differs, 2 the harness could not go on."""
    options = parse(arguments)
    results: list[Result] = []
    try:
        for result in results_of(options):
            results.append(result)
            tell(result)
            if options.json:
                options.json.write_text(json.dumps([asdict(r) for r in results], indent=1), encoding="utf-8")
    except ForeignError as error:
        print(f"foreign: {error}", file=sys.stderr)
        return 2
    print(plain_table(results), end="")
    if options.markdown:
        write_page(results, PAGE)
    return 1 if any(result.differences for result in results) else 0


def results_of(options: argparse.Namespace) -> Iterator[Result]:
    catalogue = read_catalogue(options.catalogue, CHECKOUT / "constraints.txt")
    if options.results:
        order = [program.name for program in catalogue.select(options.programs)]
        known = [
            result for file in options.results for result in read_results(file) if result.program in order
        ]
        yield from sorted(known, key=lambda result: (order.index(result.program), result.python))
        return
    for python in find_pythons(options.python):
        for program in catalogue.select(options.programs):
            if not program.runs_on(python.version):
                print(
                    f"{program.requirement}: its own suite does not run on Python {python.version}",
                    flush=True,
                )
                continue
            place = prepare(program, python, catalogue, options.work.resolve(), bare=options.bare)
            yield examine(program, python, place, bare=options.bare)
            if options.findings:
                write_findings(place, options.findings.resolve() / f"{program.name}-{python.version}.json")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("programs", nargs="*", help="names from the catalogue; all of them by default")
    parser.add_argument(
        "--catalogue",
        type=Path,
        default=CATALOGUE,
        metavar="FILE",
        help="programs and pins; foreign.toml by default",
    )
    parser.add_argument(
        "--python", action="append", default=[], help="an interpreter; may be given several times"
    )
    parser.add_argument(
        "--work", type=Path, default=cache / "dryfit-foreign", help="where sdists and environments are kept"
    )
    parser.add_argument(
        "--bare", action="store_true", help="compare bare runs with a bare run, without dryfit"
    )
    parser.add_argument(
        "--results",
        type=Path,
        action="append",
        default=[],
        help="what --json wrote: run nothing, show it again",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every result here")
    parser.add_argument(
        "--findings",
        type=Path,
        metavar="FOLDER",
        help="write dryfit's own report of each program here, as JSON",
    )
    parser.add_argument(
        "--markdown", action="store_true", help=f"write the figures into {PAGE.relative_to(CHECKOUT)}"
    )
    options = parser.parse_args(arguments)
    if options.findings and options.bare:
        parser.error("--findings needs a run under dryfit; leave --bare out")
    if options.markdown and options.catalogue.resolve() != CATALOGUE:
        parser.error(f"--markdown writes the figures of {CATALOGUE.name} alone; leave --catalogue out")
    return options


if __name__ == "__main__":
    sys.exit(main())
