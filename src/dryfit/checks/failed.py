"""How operations failed that ran at once: by which exception, where it was raised, and what was made of it."""

from __future__ import annotations

from dryfit.checks import contention_errors
from dryfit.model.interleaving import Ended, Run
from dryfit.model.reply import ErrorSeen
from dryfit.model.seam import Place

_ASSERTING = frozenset(("AssertionError", "Failed"))


def failed_in(run: Run) -> Ended | None:
    """The operation that a finding tells of: the first that an error of contention ended, else the first."""
    failed = [ended for ended in run.ended if ended is not None and ended.has_failed]
    return next(filter(_is_of_contention, failed), failed[0] if failed else None)


def cause_of(ended: Ended) -> ErrorSeen | None:
    """The exception that says why an operation failed; ``None`` where none was seen."""
    contended = (error for error in ended.errors if contention_errors.kind_of(error))
    return next(contended, ended.errors[0] if ended.errors else None)


def raised_in(run: Run) -> Place | None:
    """The line of the program that raised what a finding tells of."""
    failed = failed_in(run)
    return raised_at(failed) if failed is not None else None


def raised_at(ended: Ended) -> Place | None:
    """The line of the program that raised what an operation failed by, ``None`` where that is not known."""
    cause = cause_of(ended)
    return cause.path[-1] if cause is not None and cause.path else None


def escapes(ended: Ended) -> str:
    """What came of the exception, in a clause: ``psycopg.errors.UniqueViolation escapes, answered with status 500``."""
    cause = cause_of(ended)
    if cause is None:
        return f"one{answer_of(ended)}"
    return f"{cause.bases[0]} escapes{answer_of(ended)}"


def is_asserted(ended: Ended) -> bool:
    """Whether a test has failed by what it says itself: an ``assert`` of its, or ``pytest.fail``."""
    cause = cause_of(ended)
    return cause is not None and not _ASSERTING.isdisjoint(cause.bases)


def raised(ended: Ended) -> str:
    """What an operation failed by, in one line, from the exception that came out to the one that says why."""
    shown = dict.fromkeys((*ended.errors[:1], *filter(None, (cause_of(ended),))))
    return " from ".join(f"{each.bases[0]}: {each.text}".rstrip(": ") for each in shown) + answer_of(ended)


def answer_of(ended: Ended) -> str:
    """Ends a clause about a request that has failed."""
    answered = ended.answered
    if answered is None or not answered.is_failure:
        return ""
    return f"{', ' if ended.errors else ' '}answered with status {answered.status}"


def _is_of_contention(ended: Ended) -> bool:
    return any(map(contention_errors.kind_of, ended.errors))
