"""Let the seams of programs that nobody here wrote fail, or race their operations, and print what `dryfit check` found.

    python benchmarks/foreign_failures.py                     # all programs, a minute of trials each
    python benchmarks/foreign_failures.py --only contention   # race them
    python benchmarks/foreign_failures.py twine nox --budget 5m
    python benchmarks/foreign_failures.py --reports found     # keep the whole reports, to be judged by reading
    python benchmarks/foreign_failures.py --reports found --again --markdown    # run nothing, write the docs' tables

Programs and environments are those of benchmarks/foreign.py. Each error is to be read in the program's source, and what
is thought of it goes into judgements.toml, or contention-judgements.toml, which also say on which programs rules were
mended.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from foreign_suites.catalogue import Catalogue, Program, read_catalogue
from foreign_suites.command import ForeignError
from foreign_suites.judged import COLUMNS, Checked, Judgements, read_judgements, summed
from foreign_suites.place import CHECKOUT, Place, find_pythons, prepare
from foreign_suites.suite import PYTEST_OPTIONS, surroundings

HERE = Path(__file__).parent
EXPLANATION = CHECKOUT / "docs" / "explanation"


@dataclass(frozen=True, slots=True)
class Study:
    """One check on the programs of some catalogues: all, or those of the first one and ``others`` of the rest."""

    catalogues: tuple[Path, ...]
    judgements: Path
    page: Path
    others: tuple[str, ...] = ()


STUDIES = {
    "exceptions": Study(
        (HERE / "mocks.toml", HERE / "failures.toml"), HERE / "judgements.toml", EXPLANATION / "failures.md"
    ),
    "contention": Study(
        (HERE / "contention.toml", HERE / "failures.toml", HERE / "foreign.toml"),
        HERE / "contention-judgements.toml",
        EXPLANATION / "contention.md",
        ("diskcache", "huey", "sqlite-utils", "boltons", "janus", "tinydb"),
    ),
}
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 every program was checked, 2 the harness could not go on."""
    options = parse(arguments)
    try:
        study = STUDIES[options.only]
        judgements = read_judgements(study.judgements) if options.markdown else None
        print(lined(COLUMNS), lined(["---"] * len(COLUMNS)), sep="\n", flush=True)
        checked = []
        for each in reports(study, options):
            checked.append(each)
            print(lined(each.row(judgements)), flush=True)
        if judgements is not None:
            write_page(study.page, checked, judgements)
    except ForeignError as error:
        print(f"foreign_failures: {error}", file=sys.stderr)
        return 2
    return 0


def reports(study: Study, options: argparse.Namespace) -> Iterator[Checked]:
    """One program after the other, with its report."""
    for program, catalogue in chosen(study, options.programs):
        kept = options.reports / f"{program.name}.json" if options.reports else None
        if options.again:
            if kept is not None and kept.exists():
                yield Checked.read(program, options.only, kept)
            continue
        python = find_pythons([options.python])[0]
        place = prepare(program, python, catalogue, options.work.resolve(), bare=False)
        report = place.records / f"{program.name}-{options.only}.json"
        check(program, place, report, options)
        if kept is not None:
            kept.parent.mkdir(exist_ok=True)
            kept.write_bytes(report.read_bytes())
        yield Checked.read(program, options.only, report)


def chosen(study: Study, names: Sequence[str]) -> list[tuple[Program, Catalogue]]:
    """The programs of these names in any of the catalogues; all of the study where there are none."""
    catalogues = [read_catalogue(path, CHECKOUT / "constraints.txt") for path in study.catalogues]
    known = {
        program.name: (program, catalogue) for catalogue in catalogues[::-1] for program in catalogue.programs
    }
    if unknown := [name for name in names if name not in known]:
        raise ForeignError(f"no program {', '.join(unknown)}; there are {', '.join(known)}")
    wanted = names or (
        [*(each.name for each in catalogues[0].programs), *study.others] if study.others else known
    )
    return [found for name, found in known.items() if name in wanted]


def check(program: Program, place: Place, report: Path, options: argparse.Namespace) -> None:
    """Run ``dryfit check`` on a program; what it says goes to a file beside ``report``."""
    place.records.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    wanted = ("--only", options.only, "--budget", options.budget, "--json", str(report))
    command = (str(place.interpreter), "-m", "dryfit", "check", *wanted, *PYTEST_OPTIONS)
    with report.with_suffix(".out").open("wb") as output:
        subprocess.run(
            [*command, *program.options, *program.tests],
            cwd=place.tree,
            env=surroundings(program, place, report.with_suffix(".jsonl")),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if not report.exists():
        raise ForeignError(f"{program.name}: dryfit check wrote no report; see {report.with_suffix('.out')}")


def lined(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def write_page(page: Path, checked: Sequence[Checked], judgements: Judgements) -> None:
    """Put the tables between the markers of their page: first the programs on which nothing was mended."""
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    tuned = [each for each in checked if each.program.name in judgements.tuned]
    others = [each for each in checked if each not in tuned]
    tables = "\n".join(
        (
            "Programs that no rule was mended on:\n",
            *table(others, judgements),
            "Programs that rules were mended on:\n",
            *table(tuned, judgements),
        )
    )
    page.write_text(f"{before}{BEGIN}\n\n{tables}\n{END}{after}", encoding="utf-8")


def table(checked: Sequence[Checked], judgements: Judgements) -> Iterator[str]:
    yield lined(COLUMNS)
    yield lined(["---"] * len(COLUMNS))
    for each in checked:
        yield lined(each.row(judgements))
    yield f"\n{summed(checked, judgements)}\n"


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=formatter)
    parser.add_argument("programs", nargs="*", help="names from the catalogue; all of them by default")
    parser.add_argument("--only", choices=STUDIES, default="exceptions", help="the check")
    parser.add_argument("--budget", default="60s", help="as of dryfit check")
    parser.add_argument("--python", default=sys.executable, help="an interpreter")
    parser.add_argument("--work", type=Path, default=cache / "dryfit-foreign", help="as of foreign.py")
    parser.add_argument("--reports", type=Path, metavar="FOLDER", help="keep dryfit's reports here")
    parser.add_argument("--again", action="store_true", help="run nothing, read what is in --reports")
    parser.add_argument("--markdown", action="store_true", help="write the tables into the page of the docs")
    options = parser.parse_args(arguments)
    if options.again and not options.reports:
        parser.error("--again needs --reports FOLDER")
    return options


if __name__ == "__main__":
    sys.exit(main())
