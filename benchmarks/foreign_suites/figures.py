"""What dryfit did in one run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from foreign_suites.command import ForeignError, run
from foreign_suites.comparison import Difference
from foreign_suites.place import Place
from foreign_suites.recording import Recording

READ_RUN = """
import json, pathlib
from dryfit.store import reader, runs
run = reader.load(runs.latest(pathlib.Path.cwd()))
seen = run.observations
print(json.dumps({
    "crossings": sum(node.count for trace in seen.traces for node in trace.crossings),
    "not_woven": sorted(f"{each.what}: {each.reason}" for each in seen.skipped if each.reason.startswith("not woven")),
    "errors": [f"{f.id} {f.site.file}:{f.site.line} {f.message}" for f in run.findings if f.severity == "error"],
    "warnings": sorted(seen.warnings) + ([] if run.checks else ["it gave up, see dryfit.out"]),
}))
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """What dryfit did in one run: ``functions`` counted by the recorder, the rest by its own account."""

    functions: int = 0
    not_woven: tuple[str, ...] = ()
    crossings: int = 0
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def read_figures(recording: Recording, place: Place) -> Figures:
    """What dryfit kept of its run, read with the program's own interpreter."""
    try:
        account = json.loads(run([str(place.interpreter), "-c", READ_RUN], cwd=place.tree))
    except ForeignError as error:
        return Figures(functions=recording.woven, warnings=(str(error),))
    lists = {key: tuple(value) for key, value in account.items() if isinstance(value, list)}
    return Figures(functions=recording.woven, crossings=account["crossings"], **lists)


def write_findings(place: Place, file: Path) -> None:
    """dryfit's report of its run in this place, with every finding of any severity; written anew."""
    file.parent.mkdir(parents=True, exist_ok=True)
    run([str(place.interpreter), "-m", "dryfit", "report", "--json", str(file)], cwd=place.tree)


def failures_of(figures: Figures) -> Iterator[Difference]:
    """A run in which dryfit did nothing, or had to give up, proves nothing."""
    if not figures.functions:
        yield Difference("dryfit's own work", "–", "no function was woven")
    for warning in figures.warnings:
        yield Difference("dryfit's own work", "–", warning)
