"""Makes steps of events: what happened to a fault, without what is only machinery.

A handler that begins says little, for ``finally`` and ``with`` have handlers too: a failure was *caught* in a frame
where a handler began out of which no exception came afterwards. What came out of it in its place *wraps* it, whether
or not it names it as its cause; what is raised and caught within a handler does not matter.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from linecache import getline

from dryfit.lab.propagation import handlers
from dryfit.lab.propagation.log import Event, Log
from dryfit.model.chain import Link, LinkKind
from dryfit.model.seam import DRIVER, Place

MOST_STEPS = 40
"""Of a longer way the beginning and the end are kept."""

_GENERATORS = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR

Owner = Callable[[str], str | None]
"""The component that a file belongs to, ``DRIVER`` for the tests' own, ``None`` for all others."""

Relative = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Sources:
    """What is known of files."""

    owner: Owner
    relative: Relative


def steps(log: Log, sources: Sources) -> tuple[Link, ...]:
    """The way of the fault, in the order in which it went."""
    journey = _Journey(log, sources)
    found = tuple(journey.steps())
    half = MOST_STEPS // 2
    return found if len(found) <= MOST_STEPS else (*found[:half], *found[-half:])


class _Journey:
    def __init__(self, log: Log, sources: Sources) -> None:
        self._log = log
        self._sources = sources
        self._chain = set(log.faults)
        self._handling: dict[tuple[int, int], int] = {}
        for number, event in enumerate(log.events):
            self._follow(number, event)

    def _follow(self, number: int, event: Event) -> None:
        """Learn which exceptions came of the fault, and which handlers were not left by one."""
        held = self._held(event)
        if event.kind == "handled":
            self._handles(number, event, held)
        elif held is not None and event.kind == "unwound":
            self._chain.add(event.error)
            del self._handling[event.key]
        elif held is not None and event.kind in ("raised", "reraised") and event.error == held.error:
            del self._handling[event.key]

    def _handles(self, number: int, event: Event, held: Event | None) -> None:
        if event.error not in self._chain:
            if held is None or _depth(event) > _depth(held):  # it came up within the handler
                return
            self._chain.add(event.error)
        self._handling[event.key] = number

    def _held(self, event: Event) -> Event | None:
        """The beginning of the handler in which the event's frame is."""
        number = self._handling.get(event.key)
        return self._log.events[number] if number is not None else None

    def steps(self) -> Iterator[Link]:
        """The steps, each frame once for each exception that passes it."""
        caught = self._caught()
        met: set[object] = set()
        last: Event | None = None
        before: Event | None = None
        is_anew = False
        for number, event in enumerate(self._log.events):
            if event.error not in self._chain:
                continue
            is_anew = is_anew or self._is_raised_anew(event, before)
            if number == caught:
                yield self._step("caught", event)
            elif event.kind in ("raised", "thrown") and (event.key, event.error) not in met:
                kind = self._kind(event, event.error in met, is_anew)
                if self._is_ours(event) or (kind == "wrapped" and self._owner(event) is None):
                    met |= {(event.key, event.error), event.error}
                    last = event if self._is_ours(event) else last
                    is_anew = False
                    yield self._step(kind, event)
            before = event
        if caught is None and last is not None:
            yield self._step("left", last)

    def _kind(self, event: Event, is_known: bool, is_anew: bool) -> LinkKind:
        if not is_known:
            return "raised" if event.error in self._log.faults else "wrapped"
        if event.kind == "thrown" and event.code.co_flags & _GENERATORS:
            return "thrown into"
        return "raised again" if is_anew else "passed"

    def _is_raised_anew(self, event: Event, before: Event | None) -> bool:
        """Whether an exception is raised that was caught before, and was kept."""
        if event.kind != "raised" or before is None or before.kind != "handled":
            return False
        return before.error == event.error and before.key in self._handling

    def _caught(self) -> int | None:
        """The number of the event with which the last handler began; ``None`` where tests, or nobody, had it."""
        events = self._log.events
        stays = sorted(self._handling.values())
        own = [each for each in stays if self._is_ours(events[each])]
        others = [
            each for each in stays if self._owner(events[each]) is None and each < self._reached_tests()
        ]
        found = (own or others)[-1:]
        return found[0] if found and not self._went_on(found[0]) else None

    def _reached_tests(self) -> int:
        """The number of the first event in the tests' own code; one that is too high where there is none."""
        numbers = (
            number
            for number, event in enumerate(self._log.events)
            if event.error in self._chain and self._owner(event) is DRIVER
        )
        return next(numbers, len(self._log.events))

    def _went_on(self, caught: int) -> bool:
        """Whether the failure was raised anew after that, and left a frame of the program in which nobody had it."""
        return any(
            event.kind == "unwound" and event.error in self._chain and self._is_ours(event)
            for event in self._log.events[caught + 1 :]
        )

    def _is_ours(self, event: Event) -> bool:
        return self._owner(event) not in (None, DRIVER)

    def _owner(self, event: Event) -> str | None:
        return self._sources.owner(event.code.co_filename)

    def _step(self, kind: LinkKind, event: Event) -> Link:
        code = event.code
        line = handlers.line(code, event.offset)
        owner = self._owner(event)
        file = f"{event.module.replace('.', '/')}.py"
        return Link(
            kind,
            Place(self._sources.relative(code.co_filename) if owner else file, line, code.co_qualname),
            owner or "",
            f"{event.module}.{code.co_qualname}",
            self._log.errors[event.error],
            getline(code.co_filename, line).strip(),
        )


def _depth(event: Event) -> int:
    return handlers.depth(event.code, event.offset)
