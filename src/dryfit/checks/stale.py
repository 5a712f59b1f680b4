"""What an operation has read in memory, and goes on by after another one has written it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from dryfit.model.interleaving import Step


@dataclass(frozen=True, slots=True)
class Stale:
    """The reading, the other operation's writing after it, and what the first one wrote then, if anything."""

    read: Step
    written: Step
    then: Step | None

    @property
    def said(self) -> str:
        """The same in words."""
        mine, its = self.read.worker + 1, self.written.worker + 1
        then = f", and writes it at {self.then.place}" if self.then is not None else ""
        return (
            f"operation {mine} reads {self.read.what} at {self.read.place}; operation {its} writes it at"
            f" {self.written.place}; operation {mine} goes on by what it had read{then}"
        )


def stale(steps: Sequence[Step], changed: Collection[str]) -> Stale | None:
    """The first reading that another operation made stale.

    Before others come readings of what has ``changed`` in the end, dotted names, and those by which the operation then
    wrote the same.
    """
    found = [each for number, step in enumerate(steps) if (each := _after(step, steps[number + 1 :]))]
    return min(
        found,
        key=lambda each: (not _is_among(each.read.what, changed), each.then is None),
        default=None,
    )


def _is_among(what: str, changed: Collection[str]) -> bool:
    name = what.partition("[")[0].partition(" (object")[0]
    return any(f".{place}".endswith(f".{name}") for place in changed)


def _after(read: Step, following: Sequence[Step]) -> Stale | None:
    """What becomes of a reading; nothing where the operation reads or writes the same before another one writes it."""
    if read.kind != "read":
        return None
    about = [step for step in following if step.kind in ("read", "write") and _is_about(read.what, step.what)]
    written = next((step for step in about if step.worker == read.worker or step.kind == "write"), None)
    if written is None or written.worker == read.worker or not _goes_on(read.worker, written, following):
        return None
    later = about[about.index(written) :]
    then = (step for step in later if step.worker == read.worker and step.kind == "write")
    return Stale(read, written, next(then, None))


def _goes_on(worker: int, written: Step, following: Sequence[Step]) -> bool:
    return any(step.worker == worker for step in following[following.index(written) :])


def _is_about(one: str, other: str) -> bool:
    """Whether what is called so is the same, or a part of the other."""
    return one == other or one.startswith(f"{other}[") or other.startswith(f"{one}[")
