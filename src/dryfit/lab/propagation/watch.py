"""Follows the fault of one trial after the other."""

from __future__ import annotations

import sys
import threading

from dryfit.lab.propagation.journey import Sources, steps
from dryfit.lab.propagation.log import Log, Noted
from dryfit.lab.propagation.monitored import Monitored
from dryfit.lab.propagation.traced import Traced
from dryfit.model.chain import Link


class Propagation:
    """Listens from the moment in which a fault happens until the test's call is over.

    ``noted`` is told of every event while it happens.
    """

    def __init__(self, sources: Sources, noted: Noted = lambda event, frame: None) -> None:
        self._sources = sources
        self._noted = noted
        self._listener: Monitored | Traced = Monitored() if sys.version_info >= (3, 12) else Traced()
        self._log = Log()
        self._hears_all = True

    def begin(self) -> None:
        """A trial with a fault is about to begin."""
        self._log = Log(self._noted)
        self._hears_all = True
        self._listener.prepare()

    def fired(self) -> None:
        """The fault is on its way to its caller."""
        is_heard = self._listener.on(self._log)
        in_main = threading.current_thread() is threading.main_thread()
        self._hears_all = is_heard and (in_main or isinstance(self._listener, Monitored))

    def left(self) -> None:
        """The entry below which the fault is due has ended. To trace every call of what follows would take its time."""
        if isinstance(self._listener, Traced) and self._listener.traces_here:
            self._listener.off()

    def stop(self) -> None:
        """What follows is the tests' affair."""
        self._listener.off()

    def finish(self) -> tuple[Link, ...]:
        """The way that the fault took; nothing where it is not known, or not to its end."""
        self.stop()
        log, self._log = self._log, Log()
        found = steps(log, self._sources)
        is_known = self._hears_all or (found and found[-1].kind == "caught" and found[-1].component)
        return found if is_known else ()
