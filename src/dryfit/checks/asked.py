"""What the program asked the stand-ins of its tests: an answer to a failure may go there, and nobody sees the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from dryfit.checks.experiments import below
from dryfit.model.trial import Crossed, Trial

Asked = Counter[tuple[str, ...]]


def only_then(trial: Trial, entry: Crossed, since: int, baselines: Iterable[tuple[Trial, Crossed]]) -> Asked:
    """The calls of stand-ins below ``entry`` from the crossing ``since`` on that none of the baselines makes.

    What they are given counts, too (``sys.exit(1)`` is not ``sys.exit(0)``), where it is the same in all baselines.
    """
    usual = [_asked(each, twin, 0) for each, twin in baselines]
    unsteady = {what[0] for each in usual for other in usual for what in each - other}
    return _without_given(_asked(trial, entry, since), unsteady) - _most(
        _without_given(each, unsteady) for each in usual
    )


def _asked(trial: Trial, entry: Crossed, since: int) -> Asked:
    return Counter(
        (each.point.seam.callable, each.given)
        for each in below(trial, entry)
        if each.stand_in and each.index >= since
    )


def _without_given(asked: Asked, names: set[str]) -> Asked:
    found = Asked()
    for what, count in asked.items():
        found[what[:1] if what[0] in names else what] += count
    return found


def _most(several: Iterable[Asked]) -> Asked:
    most = Asked()
    for each in several:
        most |= each
    return most
