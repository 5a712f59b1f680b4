"""Which rule a run breaks that came out as no serial order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dryfit.checks import contention_errors
from dryfit.checks.explored import promises
from dryfit.model.interleaving import Ended, Explored, Interleaving, Run, Step
from dryfit.model.reply import ErrorSeen
from dryfit.model.serial import Masks, left_by


def rule_of(explored: Explored, run: Run, masks: Masks) -> str:
    """The rule that a run shows broken, which came out as no serial order; "" where an operation was refused."""
    if run.interleaving.ending == "deadlock":
        return "DF502"
    if run.interleaving.ending == "stuck":
        return "DF505"
    if promises(explored.overlap):
        return "DF503"
    if _broken_off(run):
        return "DF502"
    if escaped := _escaped(explored, run):
        return {"deadlock": "DF502", "pool": "DF505"}.get(escaped, "DF504")
    if _is_refused(explored, run, masks):
        return ""
    return "DF505" if _starved(run.interleaving) else "DF501"


def starve(interleaving: Interleaving) -> bool:
    """Whether all operations that did not end wait for something of Python's own that none of them gives back.

    One after the other they come to their end: so it is one of them that has what the others want.
    """
    return interleaving.ending == "stuck" and _all_wait(interleaving.steps)


def _starved(interleaving: Interleaving) -> bool:
    """Whether they waited in the same way, until the time of one was up."""
    steps = interleaving.steps
    expired = next((number for number, step in enumerate(steps) if step.kind == "expired"), 0)
    return _all_wait(steps[:expired])


def _all_wait(steps: Sequence[Step]) -> bool:
    last = {step.worker: step for step in steps}
    waiting = [step for step in last.values() if step.kind not in ("returned", "raised")]
    return len(waiting) > 1 and all(
        step.kind == "blocked" and not step.by and not step.in_server for step in waiting
    )


def _broken_off(run: Run) -> bool:
    """Whether a server had to break an operation off, and that did not try again."""
    victims = {step.worker for step in run.interleaving.steps if step.kind == "victim"}
    return any(ended is not None and ended.has_failed for ended in map(run.ended.__getitem__, victims))


def _escaped(explored: Explored, run: Run) -> str:
    """The kind of an error of contention that came out of an operation, and in no serial order does; or ""."""
    usual = {error.bases[0] for pair in explored.serial for each in pair for error in _errors(each)}
    kinds = (contention_errors.kind_of(error) for error in _errors(run) if error.bases[0] not in usual)
    return next(filter(None, kinds), "")


def _errors(run: Run) -> Iterator[ErrorSeen]:
    return (error for ended in run.ended if ended is not None for error in ended.errors)


def _refusals(run: Run) -> list[str]:
    """How operations were refused on purpose: by exceptions that are no failure to answer, or by a status."""
    return list(filter(None, map(_refusal, run.ended)))


def _refusal(ended: Ended | None) -> str:
    answered = ended.answered if ended is not None else None
    if ended is None or (answered is not None and answered.is_failure):
        return ""
    if ended.error is not None:
        return ended.error.bases[0]
    return f"status {answered.status}" if answered is not None and answered.is_refusal else ""


def _is_refused(explored: Explored, run: Run, masks: Masks) -> bool:
    """Whether all but one raised an exception of the program's own, or were refused, and left the state to the one.

    That one may have been refused, too: as it is alone. The others sent nothing that it does not send alone, unless
    one of them made amends.
    """
    usual_alone = {refusal for first, _ in explored.alone for refusal in _refusals(first)}
    refused = [refusal for refusal in _refusals(run) if refusal not in usual_alone]
    if len(refused) != len(run.ended) - 1:
        return False
    rows, sent = left_by(run, masks)
    return any(
        rows == usual and (sent == usually_sent or _makes_amends(explored, run))
        for usual, usually_sent in (left_by(first, masks) for first, _ in explored.alone)
    )


def _makes_amends(explored: Explored, run: Run) -> bool:
    """Whether something was sent that never is otherwise: a refund, say. Nobody can tell whether it makes all good."""
    usual = {
        (each.callable, each.what) for first, _ in (*explored.serial, *explored.alone) for each in first.sent
    }
    return any((each.callable, each.what) not in usual for each in run.sent)
