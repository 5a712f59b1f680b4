"""The lanes of an interleaving as lines of text: one lane an operation, in the order in which things happened."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from dryfit.checks import failed
from dryfit.model.interleaving import Ended, Run, Step, StepKind
from dryfit.model.lanes import HALFWAY, said, telling

INDENT = "    "

_SIZE = re.compile(r"#\d*$")
"""Ends the path of a leaf that is the size of a container, and no part of it."""


def steps_of(run: Run) -> tuple[Step, ...]:
    """The steps of a run, the last of each operation with what it told its caller.

    What a statement is given is told where another one of the same text is given something else; what is read and
    written in memory always.
    """
    steps = run.interleaving.steps
    given: dict[str, set[str]] = {}
    for step in steps:
        if step.kind == "statement":
            given.setdefault(step.what, set()).add(step.given)
    return tuple(
        _last(step, run.ended[step.worker])
        if step.kind in ("returned", "raised")
        else _with_values(step, is_one_of_many=len(given.get(step.what, ())) > 1)
        for step in steps
    )


def _with_values(step: Step, *, is_one_of_many: bool) -> Step:
    if not step.given:
        return step
    if step.kind in ("read", "write"):
        return replace(step, what=f"{step.what}: {step.given}", given="")
    is_shown = is_one_of_many and step.kind == "statement" and not step.what.endswith(HALFWAY)
    return replace(step, what=f"{step.what}  [{step.given}]" if is_shown else step.what, given="")


def _last(step: Step, ended: Ended | None) -> Step:
    """An answer of status 500 tells what it was made of: there the operation has raised."""
    if ended is None:
        return step
    kind: StepKind = "raised" if ended.errors else step.kind
    return replace(
        step, kind=kind, what=_told(ended) or step.what, place=step.place or failed.raised_at(ended)
    )


def replies(run: Run) -> Iterator[str]:
    """What each operation told its caller, a line each, with where it was raised."""
    for number, ended in enumerate(run.ended, 1):
        if ended is None:
            yield f"operation {number} does not end"
        elif ended.errors:
            place = failed.raised_at(ended)
            yield f"operation {number} raises {_told(ended)}{f' ({place})' if place is not None else ''}"
        else:
            yield f"operation {number} returns {_told(ended)}"


def sent_by(run: Run) -> Iterator[str]:
    """What was sent, a line each, with how often: ``sent twice: httpx.Client.send POST https://pay.example/charges``."""
    for (callable_, what), count in Counter((each.callable, each.what) for each in run.sent).items():
        often = {1: "once", 2: "twice"}.get(count, f"{count} times")
        yield f"sent {often}: {callable_} {what}"


def _told(ended: Ended | None) -> str:
    if ended is None:
        return ""
    if ended.errors:
        return failed.raised(ended)
    leaves = [(path, value) for path, value in ended.told if not _SIZE.search(path)]
    told = ", ".join(f"{path.lstrip('.')} {value}".strip() for path, value in leaves[:4])
    return told or "a value"


def lanes(steps: Sequence[Step]) -> tuple[str, ...]:
    """One line a step: the number of the operation, indented by it, what it did, and where."""
    return tuple(map(_line, telling(steps)))


def _line(step: Step) -> str:
    place = f"  ({step.place})" if step.place is not None and step.kind not in ("woken", "returned") else ""
    return f"{step.worker + 1} {INDENT * step.worker}{said(step)}{place}"


def outcome_of(run: Run) -> str:
    """What each operation told, in a clause; nobody has succeeded who was refused, or answered with a failure."""
    told = [
        f"operation {number} {said}" for number, ended in enumerate(run.ended, 1) if (said := _unlucky(ended))
    ]
    return ", ".join(told) if told else "both succeed" if len(run.ended) == 2 else "all succeed"


def _unlucky(ended: Ended | None) -> str:
    """How an operation ended that came to no good end; "" where it did."""
    if ended is None:
        return "does not end"
    if cause := failed.cause_of(ended):
        return f"raises {cause.bases[0].rpartition('.')[2]}{failed.answer_of(ended)}"
    answered = ended.answered
    is_unlucky = answered is not None and (answered.is_failure or answered.is_refusal)
    return f"is answered with status {answered.status}" if answered is not None and is_unlucky else ""
