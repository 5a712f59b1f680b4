"""Operations that return what they read in a transaction of its own, after they had committed what they did."""

from __future__ import annotations

from collections.abc import Iterable

from dryfit.model.finding import Fact
from dryfit.model.interleaving import Explored, Run, Step
from dryfit.model.serial import Masks, came_of

LATE = Fact(
    "returned",
    "only what is returned is that of no serial order: it was read after the operation's own COMMIT,"
    " when another one had written",
)

_ENDS = ("commit", "rollback")
_WORKS = frozenset({"statement", "send", *_ENDS})


def is_late_read(explored: Explored, run: Run) -> bool:
    """Whether a run left what a serial order leaves, its transactions ran one after the other, and one came late.

    The database was asked for no more, and kept what it was asked for: as an object-relational mapper reads an object
    anew after a commit.
    """
    steps = [step for step in run.interleaving.steps if step.kind in _WORKS]
    return _are_serial(steps) and _is_split(steps) and _left(explored, run)


def _left(explored: Explored, run: Run) -> bool:
    """Whether all but the values returned is as in a serial order."""
    masks = Masks.of(explored.serial)
    kinds = explored.overlap.kinds
    return _less_values(run, masks, kinds) in {
        _less_values(first, masks, kinds) for first, _ in explored.serial
    }


def _less_values(run: Run, masks: Masks, kinds: tuple[int, ...]) -> object:
    replies, rows, sent = came_of(run, masks, kinds)
    return tuple(ended for ended, _ in replies), rows, sent


def _are_serial(steps: Iterable[Step]) -> bool:
    """Whether nobody else was at work between the first step of a transaction and its end."""
    within = -1
    for step in steps:
        if within not in (-1, step.worker):
            return False
        within = -1 if step.kind in _ENDS else step.worker
    return True


def _is_split(steps: Iterable[Step]) -> bool:
    """Whether an operation was at work again after a commit, when another one had been in between."""
    committed: set[int] = set()
    passed: set[int] = set()
    for step in steps:
        if step.worker in passed and step.kind == "statement":
            return True
        passed |= committed - {step.worker}
        if step.kind == "commit":
            committed.add(step.worker)
    return False
