"""Lets the wire fail during one crossing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dryfit.model.crossing import Crossing
from dryfit.model.outcome import Outcome, Raised, Returned
from dryfit.model.trial import Fault
from dryfit.probes.faults.occasion import NotMadeError, Occasion
from dryfit.probes.faults.wire.relay import Fuse
from dryfit.probes.faults.wire.table import DIALOGUES, MODES
from dryfit.probes.faults.wire.tap import ENCIPHERED, Tap

_REFUSES = 400
"""The least status of HTTP that says that nothing was done."""


@dataclass(frozen=True, slots=True)
class _Laid:
    """What was laid for one crossing."""

    tap: Tap
    fuse: Fuse


class Wire:
    """Lets one exchange fail in one crossing after the other; ``is_within`` says whether what runs now is below one."""

    def __init__(self, is_within: Callable[[Crossing], bool]) -> None:
        self.repeats = 0
        self._is_within = is_within
        self._laid: _Laid | None = None

    def lay(self, occasion: Occasion | None, fault: Fault, fired: Callable[[], None]) -> None:
        """The crossing is about to begin: ``fired`` is called when the fault happens, maybe in another thread.

        Raises ``NotMadeError`` where it cannot happen.
        """
        self.repeats = 0
        if occasion is None or occasion.driver not in DIALOGUES:
            raise NotMadeError("its wire cannot be reached")
        crossing = occasion.crossing
        fuse = Fuse(fired)
        tap = Tap(lambda: self._is_within(crossing), DIALOGUES[occasion.driver], MODES[fault.name], fuse)
        descriptor = _descriptor(occasion)
        self._laid = _Laid(tap, fuse)
        tap.open()
        if descriptor is not None:
            tap.put_into(descriptor)

    def take_up(self, outcome: Outcome) -> str:
        """The crossing has ended: why the fault has not happened, "" where it has."""
        laid = self._laid
        self.end()
        if laid is None:
            return ""
        if not laid.fuse.is_blown:
            return laid.tap.why
        self.repeats = 0 if _refuses(outcome) else laid.tap.repeats
        return ""

    def end(self) -> None:
        """Take up what is laid, also where the crossing never ends."""
        laid, self._laid = self._laid, None
        if laid is not None:
            laid.tap.close()


def _descriptor(occasion: Occasion) -> int | None:
    """That of a connection of libpq, whose sending is not seen; raises ``NotMadeError`` where that is enciphered."""
    connection: Any = occasion.holder
    match occasion.driver:
        case "psycopg":
            is_secret, descriptor = connection.pgconn.ssl_in_use, connection.pgconn.socket
        case "psycopg2":
            is_secret, descriptor = connection.info.ssl_in_use, connection.fileno()
        case _:
            return None
    if is_secret:
        raise NotMadeError(ENCIPHERED)
    return int(descriptor)


def _refuses(outcome: Outcome) -> bool:
    """Whether the server has said that it did not do again what it was asked again."""
    if isinstance(outcome, Raised):
        return False
    assert isinstance(outcome, Returned)
    status = getattr(outcome.value, "status_code", None) or getattr(outcome.value, "status", None)
    return type(status) is int and status >= _REFUSES
