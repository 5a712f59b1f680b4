"""The lanes of an interleaving as lines of text: one lane an operation, in the order in which things happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from dryfit.model.interleaving import Ended, Run, Step
from dryfit.model.lanes import said

INDENT = "    "


def steps_of(run: Run) -> tuple[Step, ...]:
    """The steps of a run, the last of each operation with what it told its caller."""
    return tuple(
        replace(step, what=_told(run.ended[step.worker]) or step.what)
        if step.kind in ("returned", "raised")
        else step
        for step in run.interleaving.steps
    )


def replies(run: Run) -> Iterator[str]:
    """What each operation told its caller, a line each."""
    for number, ended in enumerate(run.ended, 1):
        if ended is None:
            yield f"operation {number} does not end"
        else:
            yield f"operation {number} {'raises' if ended.error else 'returns'} {_told(ended)}"


def sent_by(run: Run) -> Iterator[str]:
    """What was sent, a line each, with how often: ``sent twice: httpx.Client.send POST https://pay.example/charges``."""
    for (callable_, what), count in Counter((each.callable, each.what) for each in run.sent).items():
        often = {1: "once", 2: "twice"}.get(count, f"{count} times")
        yield f"sent {often}: {callable_} {what}"


def _told(ended: Ended | None) -> str:
    if ended is None:
        return ""
    if ended.error is not None:
        return f"{ended.error.bases[0]}: {ended.error.text}".rstrip(": ")
    told = ", ".join(f"{path.lstrip('.')} {value}".strip() for path, value in ended.told[:4])
    return told or "a value"


def lanes(steps: Sequence[Step]) -> tuple[str, ...]:
    """One line a step: the number of the operation, indented by it, what it did, and where."""
    return tuple(_line(step) for step in steps if step.kind != "began")


def _line(step: Step) -> str:
    place = f"  ({step.place})" if step.place is not None and step.kind not in ("woken", "returned") else ""
    return f"{step.worker + 1} {INDENT * step.worker}{said(step)}{place}"


def outcome_of(run: Run) -> str:
    """What each operation told, in a clause."""
    raised = [
        f"operation {number} raises {ended.error.bases[0].rpartition('.')[2]}"
        for number, ended in enumerate(run.ended, 1)
        if ended is not None and ended.error is not None
    ]
    return ", ".join(raised) if raised else "both succeed" if len(run.ended) == 2 else "all succeed"
