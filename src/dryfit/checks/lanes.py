"""The lanes of an interleaving as lines of text: one lane an operation, in the order in which things happened."""

from __future__ import annotations

from collections.abc import Sequence

from dryfit.model.interleaving import Run, Step

INDENT = "    "

_WORDS = {
    "began": "begins",
    "lock": "takes",
    "release": "gives back",
    "wait": "waits for",
    "await": "awaits",
    "send": "sends",
    "woken": "woken",
    "returned": "returns",
    "raised": "raises",
    "victim": "is chosen as the victim",
}


def lanes(steps: Sequence[Step]) -> tuple[str, ...]:
    """One line a step: the number of the operation, indented by it, what it did, and where."""
    return tuple(_line(step) for step in steps if step.kind != "began")


def _line(step: Step) -> str:
    place = f"  ({step.place})" if step.place is not None and step.kind not in ("woken", "returned") else ""
    return f"{step.worker + 1} {INDENT * step.worker}{said(step)}{place}"


def said(step: Step) -> str:
    """One step in words."""
    if step.kind == "blocked":
        return f"BLOCKED BY {', '.join(str(each + 1) for each in step.by) or 'somebody else'}"
    if step.kind in ("statement", "line", "commit", "rollback"):
        return step.what or step.kind.upper()
    return f"{_WORDS[step.kind]} {step.what}".rstrip()


def outcome_of(run: Run) -> str:
    """What each operation told, in a clause."""
    raised = [
        f"operation {number} raises {ended.error.bases[0].rpartition('.')[2]}"
        for number, ended in enumerate(run.ended, 1)
        if ended is not None and ended.error is not None
    ]
    return ", ".join(raised) if raised else "both succeed" if len(run.ended) == 2 else "all succeed"
