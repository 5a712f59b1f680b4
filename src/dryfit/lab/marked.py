"""Tests that ask by their mark to be run in several copies at once: ``@pytest.mark.contention(copies=3)``."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass, replace

import pytest

from dryfit.config import nearest
from dryfit.lab.exploration import Limits
from dryfit.model.errors import UsageError
from dryfit.model.interleaving import Operation, Overlap

MARK = "contention"

COPIES = 2
MOST_COPIES = 16

_KNOWN = ("copies", "budget")


@dataclass(frozen=True, slots=True)
class Marked:
    """What a mark asks for: ``budget`` interleavings at most, 0 for the usual limits."""

    copies: int = COPIES
    budget: int = 0

    def overlap(self, test: str, seed: int = 0) -> Overlap:
        """The experiment: the test's body at once with itself, each run of it with fixtures of its own."""
        body = Operation("test", 0, test.rpartition("::")[2])
        return Overlap(test, (body,) * self.copies, lines=True, seed=seed, budget=self.budget)


def marked(item: pytest.Item) -> Marked | None:
    """What the mark of a test asks for, ``None`` without one; raises ``UsageError`` where it is wrong."""
    mark = item.get_closest_marker(MARK)
    if mark is None:
        return None
    wrong = [*_unknown(mark), *_of_another_kind(item)]
    given = {**dict(zip(("copies",), mark.args, strict=False)), **mark.kwargs}
    copies, budget = given.get("copies", COPIES), given.get("budget")
    if type(copies) is not int or not 2 <= copies <= MOST_COPIES:
        wrong.append(f"copies: found {copies!r}; allowed: a whole number from 2 to {MOST_COPIES}")
    if budget is not None and (type(budget) is not int or budget < 1):
        wrong.append(f"budget: found {budget!r}; allowed: a number of interleavings, from 1 on")
    if wrong:
        raise UsageError(f"@pytest.mark.{MARK} of {item.nodeid}: {'; '.join(wrong)}")
    return Marked(copies, budget or 0)


def uses_interleave(item: pytest.Item) -> bool:
    """Whether a test, or a fixture of its, asks for the fixture ``interleave``."""
    return "interleave" in getattr(item, "fixturenames", ())


def wishes(item: pytest.Item) -> tuple[Overlap, ...]:
    """The experiments that a test asks for; none where nobody understands what it says."""
    with suppress(UsageError):
        asked = marked(item)
        return (asked.overlap(item.nodeid),) if asked is not None else ()
    return ()


def limits_of(overlap: Overlap, usual: Limits) -> Limits:
    """A budget of one's own is a number of interleavings, however long they take."""
    return replace(usual, seconds=math.inf, interleavings=overlap.budget) if overlap.budget else usual


def _unknown(mark: pytest.Mark) -> list[str]:
    wrong = [
        f"{name}: unknown; known are {' and '.join(_KNOWN)}{nearest(name, _KNOWN)}"
        for name in mark.kwargs
        if name not in _KNOWN
    ]
    if len(mark.args) > 1 or (mark.args and "copies" in mark.kwargs):
        wrong.append("give copies and budget by their names")
    return wrong


def _of_another_kind(item: pytest.Item) -> list[str]:
    """Tests that have no body of which copies could be made."""
    if not isinstance(item, pytest.Function):
        return ["only a test that is a function can be run in copies"]
    if uses_interleave(item):
        return ["the test calls interleave itself: have it do one or the other"]
    if getattr(item.obj, "is_hypothesis_test", False):
        return ["a test of Hypothesis draws its examples one after the other: mark a test without @given"]
    return []
