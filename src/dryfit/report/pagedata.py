"""What the page's script draws and shows, as JSON values: short keys, tests and seams by number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from dryfit.model.chain import Link
from dryfit.model.finding import Finding
from dryfit.model.run import Run
from dryfit.model.seam import Place
from dryfit.model.trial import Verdict
from dryfit.report.graph import fold, order
from dryfit.report.jsontext import Json, number
from dryfit.report.seen import SeenBehaviour, SeenSeam

LIBRARY_FLOOR = -1


def page_data(run: Run, seams: Iterable[SeenSeam]) -> Json:
    """Rooms with their floor and rank, groups of rooms, seams with what was seen there, findings, names of tests."""
    every = tuple(seams)
    names = sorted({test for seam in every for seen in seam.behaviours for test in seen.tests})
    tests = {name: index for index, name in enumerate(names)}
    return {
        **_rooms(run, every),
        "seams": [_seam(seam, tests) for seam in every],
        "findings": [_finding(finding) for finding in run.findings],
        "imports": [[edge.importer, edge.imported] for edge in run.project.imports if not edge.typing_only],
        "tests": names,
    }


def _rooms(run: Run, seams: tuple[SeenSeam, ...]) -> dict[str, Json]:
    floors = {component.name: component.floor for component in run.project.components}
    modules = {component.name: len(component.modules) for component in run.project.components}
    libraries = sorted({seam.seam.callee for seam in seams if seam.kind == "library"} - floors.keys())
    drawn = floors | dict.fromkeys(libraries, LIBRARY_FLOOR)
    ranks = order(drawn, [(seam.seam.caller, seam.seam.callee) for seam in seams])
    groups = [room for room in fold(floors) if len(room.members) > 1]
    home = {member: room.name for room in groups for member in room.members}
    return {
        "rooms": [
            {
                "name": name,
                "floor": floor,
                "rank": round(ranks[name], 4),
                "modules": modules.get(name, 0),
                "group": home.get(name),
            }
            for name, floor in drawn.items()
        ],
        "groups": [{"name": room.name, "label": room.label, "floor": room.floor} for room in groups],
    }


def _seam(seam: SeenSeam, tests: Mapping[str, int]) -> Json:
    cover = seam.coverage
    return {
        "caller": cover.seam.caller,
        "callee": cover.seam.callee,
        "callable": cover.seam.callable,
        "kind": seam.kind,
        "status": cover.status,
        "sites": [[*_place(place), covered] for place, covered in seam.sites],
        "numbers": [
            cover.sites_covered,
            cover.sites,
            cover.argument_shapes,
            cover.outcome_shapes,
            cover.exceptions,
            cover.crossings,
            cover.tests,
            number(cover.seconds),
        ],
        "behaviours": [_behaviour(seen, tests) for seen in seam.behaviours],
        "faults": _faults(seam.verdicts),
    }


def _faults(verdicts: Iterable[Verdict]) -> list[Json]:
    """The faults that were tried, first those that show a rule broken; what several tests show alike is one."""
    counts = Counter(
        (
            verdict.rules,
            verdict.judged,
            verdict.experiment.when,
            _then(
                each.fault.exception.removeprefix("builtins.") or each.fault.name
                for each in verdict.experiment.strikes
            ),
            _then(str(each.point.site) for each in verdict.experiment.strikes),
            verdict.said,
        )
        for verdict in verdicts
    )
    return [
        [*key[2:], list(key[0]), key[1], count]
        for key, count in sorted(counts.items(), key=lambda item: (not item[0][0], not item[0][1], item[0]))
    ]


def _then(parts: Iterable[str]) -> str:
    return ", then ".join(parts)


def _behaviour(seen: SeenBehaviour, tests: Mapping[str, int]) -> Json:
    behaviour = seen.behaviour
    return {
        "site": _place(behaviour.site),
        "effect": behaviour.effect,
        "arguments": [[argument.name, str(argument.shape)] for argument in behaviour.arguments],
        "outcome": behaviour.outcome,
        "result": str(behaviour.result),
        "standIn": behaviour.stand_in,
        "weak": behaviour.weak,
        "count": seen.count,
        "seconds": number(seen.seconds),
        "tests": [tests[test] for test in seen.tests],
    }


def _place(place: Place) -> list[Json]:
    return [place.file, place.line, place.function]


def _finding(finding: Finding) -> Json:
    return {
        "id": finding.id,
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity,
        "message": finding.message,
        "caller": finding.seam.caller,
        "callee": finding.seam.callee,
        "callable": finding.seam.callable,
        "accepted": finding.accepted is not None,
        "way": [_step(step) for step in finding.path],
    }


def _step(step: Link) -> Json:
    return [
        step.kind,
        step.component or step.callable.partition(".")[0],
        str(step.place),
        step.place.function,
        step.exception,
        step.source,
    ]
