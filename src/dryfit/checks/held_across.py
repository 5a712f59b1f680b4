"""DF506 lock-held-across-call: others wait for a lock or a transaction while its holder waits for somebody far away.

Needs no interleaving: the undisturbed runs of a test show it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dryfit.checks.experiments import above
from dryfit.checks.judgement import Judgement, find
from dryfit.checks.names import plain
from dryfit.model.finding import Fact, Finding
from dryfit.model.seam import DRIVER, Seam
from dryfit.model.target import DATABASES
from dryfit.model.trial import Crossed, Hold, Trial

_ENDS = ("commit", "rollback")


@dataclass(frozen=True, slots=True)
class _Held:
    """What is held, at the call through which the far side is reached."""

    hold: Hold
    through: Crossed
    far: Crossed
    test: str


def judge(baselines: Iterable[Trial]) -> Judgement:
    """Judge the undisturbed runs of all tests."""
    found: dict[tuple[Seam, str], list[_Held]] = defaultdict(list)
    for each in (each for baseline in baselines for each in _held(baseline)):
        found[each.through.point.seam, each.hold.what.partition(" ")[0]].append(each)
    return Judgement(tuple(_finding(group) for group in found.values()))


def _held(trial: Trial) -> Iterator[_Held]:
    for far in trial.crossings:
        path = [far, *above(trial, far)]
        for hold in far.holding:
            through = _through(trial, path, hold.what)
            if through.point.seam.caller != DRIVER:
                yield _Held(hold, through, far, trial.test)


def _through(trial: Trial, path: list[Crossed], what: str) -> Crossed:
    """Of the calls that lead to the far side, the one that the holder made."""
    if what.startswith("lock "):
        owners = (each for each in path if what.startswith(f"lock {each.point.seam.caller}."))
        return next(owners, path[0])
    used = _used_before(trial, path)
    holders = {each.index for each in above(trial, used)} if used is not None else set()
    return next((each for each in path if each.parent in holders), path[0])


def _used_before(trial: Trial, path: list[Crossed]) -> Crossed | None:
    """The last use of a database before a call, below the same entry."""
    entry = path[-1].index
    for each in reversed(trial.crossings[entry : path[0].index]):
        name = plain(each.point.seam.callable)
        if each.point.seam.callee in DATABASES and not name.endswith(_ENDS):
            return each
    return None


def _finding(group: list[_Held]) -> Finding:
    first = group[0]
    point = first.through.point
    holder = f"{point.seam.caller}.{point.site.function}"
    return find(
        "DF506",
        point.seam,
        point.site,
        holder,
        f"{holder} holds a {first.hold.what}{_taken(first.hold)} while {plain(first.far.point.seam.callable)} is"
        " called: whoever needs it waits for the far side",
        tests=[each.test for each in group],
        evidence=[
            Fact("held", first.hold.what),
            *([Fact("taken", places)] if (places := _places(group)) else ()),
            Fact("called", str(first.far.point.site)),
        ],
    )


def _taken(hold: Hold) -> str:
    return f", taken at {hold.taken}," if hold.taken is not None else ""


def _places(group: Iterable[_Held]) -> tuple[str, ...]:
    """Where all of them were taken, each once."""
    return tuple(
        dict.fromkeys(f"{taken} in {taken.function}" for each in group if (taken := each.hold.taken))
    )
