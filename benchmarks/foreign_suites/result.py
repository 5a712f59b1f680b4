"""One program on one Python version: bare against dryfit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from foreign_suites.catalogue import Program
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
