"""Let the seams of programs that nobody here wrote fail, and print what `dryfit check --only exceptions` found.

    python benchmarks/foreign_failures.py                     # all programs of mocks.toml, a minute of trials each
    python benchmarks/foreign_failures.py twine nox --budget 5m
    python benchmarks/foreign_failures.py --findings found    # with the whole reports, to be judged by reading

Programs and environments are those of benchmarks/foreign.py.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from foreign_suites.catalogue import Program, read_catalogue
from foreign_suites.command import ForeignError
from foreign_suites.place import CHECKOUT, Place, find_pythons, prepare
from foreign_suites.suite import PYTEST_OPTIONS, surroundings

CATALOGUE = Path(__file__).with_name("mocks.toml")

HEAD = "| program | tests | trials | seconds | everything tried | errors | warnings |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 every program was checked, 2 the harness could not go on."""
    options = parse(arguments)
    print(HEAD, "| --- " * HEAD.count(" | ") + "| --- |", sep="\n", flush=True)
    try:
        catalogue = read_catalogue(CATALOGUE, CHECKOUT / "constraints.txt")
        python = find_pythons([options.python])[0]
        for program in catalogue.select(options.programs):
            place = prepare(program, python, catalogue, options.work.resolve(), bare=False)
            report = place.records / f"{program.name}-failures.json"
            check(program, place, report, options.budget)
            print(row(program, json.loads(report.read_text(encoding="utf-8"))), flush=True)
            if options.findings:
                options.findings.mkdir(exist_ok=True)
                (options.findings / report.name).write_bytes(report.read_bytes())
    except ForeignError as error:
        print(f"foreign_failures: {error}", file=sys.stderr)
        return 2
    return 0


def check(program: Program, place: Place, report: Path, budget: str) -> None:
    """Run ``dryfit check`` on a program; what it says goes to a file beside ``report``."""
    place.records.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    wanted = ("--only", "exceptions", "--budget", budget, "--json", str(report))
    command = (str(place.interpreter), "-m", "dryfit", "check", *wanted, *PYTEST_OPTIONS)
    with report.with_suffix(".out").open("wb") as output:
        subprocess.run(
            [*command, *program.options, *program.tests],
            cwd=place.tree,
            env=surroundings(program, place, place.records / "failures.jsonl"),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if not report.exists():
        raise ForeignError(f"{program.name}: dryfit check wrote no report; see {report.with_suffix('.out')}")


def row(program: Program, report: dict[str, object]) -> str:
    """One line of the table."""
    tests, checks, findings = report["tests"], report["checks"]["exceptions"], report["findings"]
    counts = [sum(each["severity"] == wanted for each in findings) for wanted in ("error", "warning")]
    cells = (
        f"{program.name} {program.version}",
        f"{tests['passed']:,}",
        f"{checks['trials']:,}",
        f"{checks['seconds']:.0f}",
        "yes" if checks["exhausted"] else "no",
        *map(str, counts),
    )
    return f"| {' | '.join(cells)} |"


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=formatter)
    parser.add_argument("programs", nargs="*", help="names from the catalogue; all of them by default")
    parser.add_argument("--budget", default="60s", help="as of dryfit check")
    parser.add_argument("--python", default=sys.executable, help="an interpreter")
    parser.add_argument("--work", type=Path, default=cache / "dryfit-foreign", help="as of foreign.py")
    parser.add_argument("--findings", type=Path, metavar="FOLDER", help="write dryfit's reports here")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
