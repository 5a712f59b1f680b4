"""What the interpreter tells of a fault in flight, one event after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import count
from pathlib import Path
from types import CodeType, FrameType
from typing import Literal, NamedTuple

from dryfit.probes.statics import identity, type_name
from dryfit.probes.trial import FAULT_MARK
from dryfit.weave.trampoline import FILE_MARK

EventKind = Literal["raised", "reraised", "thrown", "handled", "unwound"]
"""An exception is raised in a frame or comes into it from a call; is raised once more as a handler ends; is thrown into
a generator; a handler begins (of ``except``, ``finally`` or ``with``); the frame ends by it."""

MOST_EVENTS = 5_000
"""What comes after so many events is not listened to."""

MOST_CAUSES = 50

MOST_FILES = 10_000

_MARK = "__dryfit_flight__"
"""In the ``__dict__`` of an exception: the log that knows it, and its number there."""

_marks_of = vars(BaseException)["__dict__"].__get__  # a class may have an attribute of that name

_OWN = (FILE_MARK, str(Path(__file__).parents[2]))

_logs = count()


class Event(NamedTuple):
    """One event. ``frame`` tells a frame from all others that live at the same time, ``error`` is a number."""

    kind: EventKind
    frame: int
    code: CodeType
    offset: int
    module: str
    error: int

    @property
    def key(self) -> tuple[int, int]:
        """What tells the frame from others, also from most that came to stand in its place."""
        return self.frame, identity(self.code)


Noted = Callable[[Event, FrameType], None]
"""Is told of an event, while it happens, and in which frame."""


class Log:
    """The events of one fault, and of all exceptions that were raised from it or while it was handled.

    ``errors`` are the names of their classes, ``faults`` the numbers of those that were injected. It keeps neither a
    frame nor an exception alive, so that nothing is open for longer than without it. ``noted`` is told of each.
    """

    def __init__(self, noted: Noted = lambda event, frame: None) -> None:
        self._noted = noted
        self.events: list[Event] = []
        self.errors: list[str] = []
        self.faults: set[int] = set()
        self._name = next(_logs)

    def note(self, kind: EventKind, frame: FrameType, offset: int, number: int) -> None:
        """Keep an event; ``number`` is its exception's."""
        code = frame.f_code
        if len(self.events) >= MOST_EVENTS or is_ours(code):
            return
        module = str(frame.f_globals.get("__name__", ""))
        event = Event(kind, identity(frame), code, offset, module, number)
        self.events.append(event)
        self._noted(event, frame)

    def number(self, error: BaseException) -> int:
        """The number of an exception, -1 where it has nothing to do with the fault."""
        marks: dict[str, object] = _marks_of(error)
        known = marks.get(_MARK)
        if type(known) is tuple and known[0] == self._name:
            return int(known[1])
        if not any(FAULT_MARK in _marks_of(each) for each in _causes(error)):
            return -1
        number = len(self.errors)
        marks[_MARK] = (self._name, number)
        self.errors.append(type_name(type(error)))
        if FAULT_MARK in marks:
            self.faults.add(number)
        return number


def is_ours(code: CodeType) -> bool:
    """Whether code runs between two of the user's frames, and is no part of the program."""
    return _is_ours(code.co_filename)


@lru_cache(MOST_FILES)
def _is_ours(file: str) -> bool:
    return file.startswith(_OWN)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and all that led to it: causes, contexts, and the members of groups."""
    waiting, seen = [error], {identity(error)}
    while waiting and len(seen) <= MOST_CAUSES:
        each = waiting.pop()
        yield each
        members = each.exceptions if isinstance(each, BaseExceptionGroup) else ()
        for below in (each.__cause__, each.__context__, *members):
            if below is not None and identity(below) not in seen:
                seen.add(identity(below))
                waiting.append(below)
