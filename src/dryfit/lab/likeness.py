"""Whether two baseline trials of a test showed the same."""

from __future__ import annotations

from collections import Counter

from dryfit.model.trial import Point, Trial

MOST_SHOWN = 3

Crossing = tuple[Point, str]


def difference(first: Trial, second: Trial) -> str:
    """What differs in outcome or crossings, in words; "" where nothing does.

    Crossings are compared as multisets: the order of those in threads and tasks may change.
    """
    if first.outcome != second.outcome:
        why = f" ({second.failure})" if second.failure else ""
        return f"its outcome was {first.outcome} first, and then {second.outcome}{why}"
    before, after = _crossings(first), _crossings(second)
    missing, extra = before - after, after - before
    told = [
        f"{sum(found.values())} crossings {what}: {_shown(found)}"
        for found, what in (
            (missing, "were missing in the second run"),
            (extra, "came only in the second run"),
        )
        if found
    ]
    return "; ".join(told)


def _crossings(trial: Trial) -> Counter[Crossing]:
    return Counter((each.point, each.outcome) for each in trial.crossings)


def _shown(crossings: Counter[Crossing]) -> str:
    known = sorted(crossings)
    shown = ", ".join(
        f"{point.seam} at {point.site}{f' (call {point.nth})' if point.nth > 1 else ''} {outcome}"
        for point, outcome in known[:MOST_SHOWN]
    )
    return f"{shown}, …" if len(known) > MOST_SHOWN else shown
