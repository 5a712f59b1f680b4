"""Follows the fault of one trial after the other."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

from dryfit.lab.propagation.journey import Sources, steps
from dryfit.lab.propagation.log import Log, Noted
from dryfit.lab.propagation.monitored import Monitored
from dryfit.lab.propagation.traced import Traced
from dryfit.model.chain import Link
from dryfit.model.crossing import Crossing
from dryfit.model.outcome import Outcome
from dryfit.model.probe import Probe


class Propagation:
    """Listens from the moment in which a fault happens until the test's call is over.

    ``noted`` is told of every event while it happens. Between ``first`` and ``last`` stand the probes to which it is
    not to listen: what they call at one crossing is often more than what the program does there.
    """

    def __init__(self, sources: Sources, noted: Noted = lambda event, frame: None) -> None:
        self._sources = sources
        self._noted = noted
        self._listener: Monitored | Traced = Monitored() if sys.version_info >= (3, 12) else Traced()
        self._log = Log()
        self._hears_all = True
        self.first: Probe = _Calling(self._pause)
        self.last: Probe = _Calling(self._resume)

    @property
    def is_traced(self) -> bool:
        """Whether it listens by a trace function, which hears of the probes as well."""
        return isinstance(self._listener, Traced)

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

    def _pause(self) -> None:
        if isinstance(self._listener, Traced):
            self._listener.pause()

    def _resume(self) -> None:
        if isinstance(self._listener, Traced):
            self._listener.resume()

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


class _Calling:
    """Calls something at each end of a crossing."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._call = call

    def before(self, crossing: Crossing) -> None:
        """The probes are about to look at it."""
        self._call()

    def after(self, crossing: Crossing, outcome: Outcome) -> Outcome:
        """The probes are about to look at what came of it."""
        self._call()
        return outcome
