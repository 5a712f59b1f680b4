"""What an operation that ran at once with others told its caller, as data."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import suppress

from dryfit.lab.responses import response_of
from dryfit.model.interleaving import Ended
from dryfit.model.outcome import Outcome, Returned
from dryfit.model.reply import Answered, ErrorSeen, Leaf
from dryfit.probes.statics import is_installed_class, mro, type_name
from dryfit.probes.told import told
from dryfit.probes.trial import PlaceOf, chain, path

LONGEST_TEXT = 200

_CUT_OFF = ("closed the connection", "terminating connection", "closed in the middle of operation")
"""What drivers say then, whose classes of errors are of no help: they are those of much else."""

_ARGUMENTS = vars(BaseException)["args"].__get__  # a class may have an attribute of that name


def ended(outcome: Outcome | None, answered: Answered | None, place_of: PlaceOf) -> Ended | None:
    """What an operation told its caller, which was ``answered`` so where it is a request."""
    if outcome is None:
        return None
    if isinstance(outcome, Returned):
        return Ended(tuple(_told(outcome.value)), answered=answered)
    return Ended(error=_error(outcome.exception, place_of), answered=answered)


def errors(error: BaseException, place_of: PlaceOf) -> tuple[ErrorSeen, ...]:
    """An exception, and those that it was raised from, the nearest first."""
    return tuple(_error(each, place_of) for each in (error, *chain(error)))


def is_cut_off(error: BaseException) -> bool:
    """Whether an operation fails since its server has ended its connection, as one does that restarts."""
    said = " ".join(each for each in _ARGUMENTS(error) if type(each) is str)
    return any(sign in said for sign in _CUT_OFF)


def _told(value: object) -> Iterator[Leaf]:
    """What a value says; of an answer over HTTP its status and its JSON."""
    response = response_of(value)
    if response is None:
        yield from told(value)
        return
    yield ".status", str(response.status)
    with suppress(Exception):  # no JSON, or a stream that nobody can read here
        yield from told(json.loads(response.content()))


def _error(error: BaseException, place_of: PlaceOf) -> ErrorSeen:
    """An exception by its classes; of one that a library raised for another also those of the other."""
    layers = list(_layers(error))
    classes = [cls for each in layers for cls in mro(type(each))]
    said = next((each for each in _ARGUMENTS(error) if type(each) is str), "")
    codes = (getattr(each, "sqlite_errorname", "") for each in layers if isinstance(each, sqlite3.Error))
    return ErrorSeen(
        0,
        tuple(type_name(cls) for cls in classes if cls is not object),
        said.partition("\n")[0][:LONGEST_TEXT],
        path=path(error, place_of),
        code=next(codes, ""),
    )


def _layers(error: BaseException) -> Iterator[BaseException]:
    """An exception, and what libraries have raised it for: SQLAlchemy's own, its adapter's, and the driver's."""
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        yield each
        each = each.__cause__ if is_installed_class(type(each)) else None
