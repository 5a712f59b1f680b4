"""Threads that run operations, one interleaving after the other."""

from __future__ import annotations

import threading
from _thread import LockType
from collections.abc import Callable
from contextlib import suppress

from dryfit.probes.schedule.broken_off import BrokenOff
from dryfit.probes.schedule.lane import ACQUIRE, RELEASE, closed_gate


class Hand:
    """A thread that waits at its gate for the next piece of work."""

    def __init__(self, name: str, known: Callable[[int], None]) -> None:
        self.gate: LockType = closed_gate()
        self.work: Callable[[], None] | None = None
        self._is_dismissed = False
        # Not joined at the interpreter's end: the operation that it runs may never come back.
        self._thread = threading.Thread(target=self._toil, name=name, daemon=True)
        self._thread.start()
        known(self._thread.ident or 0)

    def dismiss(self) -> None:
        """Let the thread end when it has nothing to do."""
        self._is_dismissed = True
        RELEASE(self.gate)

    def _toil(self) -> None:
        while True:
            ACQUIRE(self.gate)
            if self._is_dismissed:
                return
            work, self.work = self.work, None
            if work is not None:
                with suppress(BrokenOff):  # it may come late
                    work()
                del work  # nothing of an operation is kept alive until the next one


class Crew:
    """As many threads as operations run at once: the same thread for the same operation each time.

    ``known`` is told the number of each.
    """

    def __init__(self, known: Callable[[int], None]) -> None:
        self._known = known
        self._hands: dict[int, Hand] = {}

    def hand(self, worker: int) -> Hand:
        """The thread for an operation."""
        if worker not in self._hands:
            self._hands[worker] = Hand(f"operation-{worker}", self._known)
        return self._hands[worker]

    def lose(self, worker: int) -> None:
        """Have another thread next time: this one does not come back."""
        self._hands.pop(worker, None)

    def dismiss(self) -> None:
        """End all threads that have nothing to do."""
        while self._hands:
            self._hands.popitem()[1].dismiss()
