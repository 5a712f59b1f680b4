"""Ctrl-C while operations are run at once: the interleaving ends first, so that no lock is left taken."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType


class Interrupts:
    """Holds off Ctrl-C until ``heed``; a second one is heard at once.

    While the methods of locks are replaced by Python's code, an exception between two of its lines would leave a lock
    taken for ever: the controller's own too, for which everybody waits. Only the main thread hears of signals.
    """

    def __init__(self) -> None:
        self.has_come = False
        self._before: Callable[[int, FrameType | None], object] | None = None

    def put_in(self) -> None:
        """Hold it off, unless somebody has seen to it that it is ignored."""
        before = signal.getsignal(signal.SIGINT)
        if callable(before) and threading.current_thread() is threading.main_thread():
            self.has_come, self._before = False, before
            signal.signal(signal.SIGINT, self._came)

    def take_out(self) -> None:
        """Have it heard as before, and what has come."""
        if self._before is not None:
            before, self._before = self._before, None
            signal.signal(signal.SIGINT, before)
            self._pass_on(before)

    def heed(self) -> None:
        """Have that heard which has come: it is a good moment for an exception."""
        if self._before is not None:
            self._pass_on(self._before)

    def _pass_on(self, before: Callable[[int, FrameType | None], object]) -> None:
        if self.has_come:
            self.has_come = False
            before(signal.SIGINT, None)

    def _came(self, number: int, frame: FrameType | None) -> None:
        if self.has_come and self._before is not None:
            self._before(number, frame)
        self.has_come = True
