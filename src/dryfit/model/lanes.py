"""The steps of operations that ran at once, in words; and which of them tell a reader nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from dryfit.model.interleaving import Step
from dryfit.model.seam import Place

LANES = "lanes"
GAVE = "this one gave"
SERIAL = "serial order"
"""How the facts are named, or how their names begin, that tell what came of operations at once, and one by one."""

_WORDS = {
    "began": "begins",
    "lock": "takes",
    "release": "gives back",
    "wait": "waits for",
    "await": "awaits",
    "resumed": "goes on",
    "read": "reads",
    "write": "writes",
    "send": "sends",
    "woken": "woken",
    "expired": "TIME IS UP:",
    "returned": "returns",
    "raised": "raises",
    "victim": "is chosen as the victim",
}
HALFWAY = "[stopped half-way]"
"""Ends what is told of a statement that dryfit has stopped after it had read, and before it wrote."""

PARTLY = "explored in part"
"""Begins what is said of an overlap of which not every interleaving was tried."""

USED_UP = "the budget was used up"
"""Begins what is said where not all overlaps that were planned could be tried."""

_PIPELINES = (" of Pipeline", " of AsyncPipeline")
"""End what psycopg does to send several statements together: these are steps of their own."""

_BEGINS = ("BEGIN", "START TRANSACTION", "DISCARD ALL")
_UPKEEP = frozenset(
    {
        *(";", "set_autocommit of Connection", "set_autocommit of AsyncConnection"),
        *("cursor of Connection", "close of Cursor"),
    }
)
"""How drivers and pools ask whether a connection is alive, make it ready, and let it go."""
_CLOSE = "close of Connection"
"""What ends the transaction that is open there, if one is."""
_FETCHES = ("fetchone of Cursor", "fetchmany of Cursor", "fetchall of Cursor")
"""How SQLite's rows are read: that is told where others have gone on since the statement."""
_RESETS = ("SELECT pg_advisory_unlock_all();", "RESET ALL;")
"""How what begins and ends with which asyncpg gives a connection back to its pool."""
_ENDS = ("commit", "rollback")


def short_test(test: str) -> str:
    """The name of a test without its file and its class."""
    path, bracket, parameters = test.partition("[")
    return f"{path.rpartition('::')[2]}{bracket}{parameters}"


def said(step: Step) -> str:
    """One step in words, on one line."""
    if step.what.endswith(HALFWAY):
        return _said_halfway(step)
    if step.kind == "blocked":
        return _said_blocked(step)
    what = " ".join(step.what.split())
    if step.kind == "resumed" and what:
        return f"goes on in {what}"
    if step.kind in ("statement", "line", *_ENDS):
        return what or step.kind.upper()
    return f"{_WORDS[step.kind]} {what}".rstrip()


def _said_blocked(step: Step) -> str:
    """By whom, as far as anybody can tell: nobody can of a queue, and of what comes from outside."""
    if step.by or step.in_server or not step.what:
        return f"BLOCKED BY {', '.join(str(each + 1) for each in step.by) or 'somebody else'}"
    return f"BLOCKED: {step.what}"


def _said_halfway(step: Step) -> str:
    if step.kind == "blocked" and not step.by:
        return "STOPPED HALF-WAY: it has read, and not yet written"
    if step.kind == "woken":
        return "goes on, and writes"
    return said(replace(step, what=step.what.removesuffix(HALFWAY).rstrip()))


def brief(step: Step) -> str:
    """The same without what the line of the operation before it tells already."""
    if step.kind == "woken":
        return "woken" if not step.what.endswith(HALFWAY) else said(step)
    return "VICTIM of the deadlock" if step.kind == "victim" else said(step)


def telling(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps without those that do nothing to the others: beginnings, ends of empty transactions, upkeep.

    What an operation awaits is told where another one goes on meanwhile, and if it is blocked there, as that alone; so
    is a lock that it cannot take yet. A line of which is told what it reads and writes is told as that; what it awaits
    in the line of a statement is that statement's end.
    """
    return tuple(_without_idle(tuple(_telling(steps))))


def _without_idle(steps: Sequence[Step]) -> Iterator[Step]:
    idle = set(_awaited_by_statements(steps))
    for number, (step, following) in enumerate(pairwise(steps)):
        if step.kind == "await" and (step.worker, "resumed") == (following.worker, following.kind):
            idle |= {number, number + 1}
        elif step == Step(step.worker, "resumed"):
            idle.add(number)  # a library's own task: nobody knows where
        elif _is_told_by(_next_of(step.worker, steps[number + 1 :]), step):
            idle.add(number)
    return (step for number, step in enumerate(steps) if number not in idle)


def _awaited_by_statements(steps: Sequence[Step]) -> Iterator[int]:
    """Where an operation only awaits, in the same line, what a driver does for the statement before."""
    under_way: dict[int, Place | None] = {}
    for number, step in enumerate(steps):
        if step.kind == "statement":
            under_way[step.worker] = step.place
        elif step.kind in ("await", "resumed"):
            if step.place is not None and under_way.get(step.worker) == step.place:
                yield number
        else:
            under_way.pop(step.worker, None)


def _is_told_by(following: Step | None, step: Step) -> bool:
    """Whether the next step of the operation tells all that is to be told of this one."""
    if following is None:
        return False
    if step.kind == "line":
        return following.kind in ("read", "write") and following.place == step.place
    if step.kind == "lock":
        return following.kind == "blocked" and following.what == step.what
    return step.kind == "await" and following.kind == "blocked"


def _next_of(worker: int, steps: Iterable[Step]) -> Step | None:
    """The next step of an operation."""
    return next((step for step in steps if step.worker == worker), None)


def _telling(steps: Iterable[Step]) -> Iterator[Step]:
    at_work: set[int] = set()
    last = -1
    for step in steps:
        if step.what in _FETCHES and step.worker == last:
            continue
        if step.what == _CLOSE and step.worker not in at_work:
            continue
        last = step.worker
        if step.kind in _ENDS:
            if step.worker in at_work:
                yield step
            at_work.discard(step.worker)
        elif not _begins(step):
            if step.kind == "statement":
                at_work.add(step.worker)
            yield step


def _begins(step: Step) -> bool:
    if step.kind == "statement":
        return _is_upkeep(step.what) or step.what.lstrip().upper().startswith(_BEGINS)
    return step.kind == "began" or (step.kind == "send" and step.what == "connect")


def _is_upkeep(what: str) -> bool:
    begins, ends = _RESETS
    return what in _UPKEEP or what.endswith(_PIPELINES) or (what.startswith(begins) and what.endswith(ends))
