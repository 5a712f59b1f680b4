"""One program on one Python version: bare against dryfit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foreign_suites.catalogue import Program
from foreign_suites.command import ForeignError
from foreign_suites.comparison import Difference, compare
from foreign_suites.figures import Figures, failures_of, read_figures
from foreign_suites.place import Place, Python
from foreign_suites.suite import run_suite


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One program on one Python version: bare against dryfit. Times are user seconds."""

    program: str
    version: str
    kind: str
    python: str
    counts: Mapping[str, int]
    unsteady: tuple[str, ...]
    differences: tuple[Difference, ...]
    bare_user: float
    dryfit_user: float
    figures: Figures

    @property
    def ratio(self) -> float:
        return self.dryfit_user / self.bare_user if self.bare_user else 0.0


def read_results(file: Path) -> list[Result]:
    """Read the results of an earlier run."""
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
        return [_result(entry) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ForeignError(f"{file} is not what --json wrote: {error}") from error


def _result(entry: dict[str, Any]) -> Result:
    figures = {
        key: tuple(value) if isinstance(value, list) else value for key, value in entry["figures"].items()
    }
    differences = tuple(Difference(**each) for each in entry["differences"])
    made = {"figures": Figures(**figures), "differences": differences, "unsteady": tuple(entry["unsteady"])}
    return Result(**(entry | made))


def examine(program: Program, python: Python, place: Place, *, bare: bool) -> Result:
    """Run one program's suite three times on one Python version, and compare."""
    first = run_suite(program, place, "bare-1")
    second = run_suite(program, place, "bare-2")
    changed = run_suite(program, place, "bare-3" if bare else "dryfit", () if bare else ("--dryfit",))
    figures = Figures() if bare else read_figures(changed, place)
    unsteady, differences = compare(first, second, changed)
    differences += () if bare else tuple(failures_of(figures))
    return Result(
        program=program.name,
        version=program.version,
        kind=program.kind,
        python=python.version,
        counts=dict(second.counts()),
        unsteady=unsteady,
        differences=differences,
        bare_user=round(second.user, 2),
        dryfit_user=round(changed.user, 2),
        figures=figures,
    )
