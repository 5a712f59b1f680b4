"""What operations that run at once send: requests, mails and messages, as far as they took effect."""

from __future__ import annotations

from dryfit.model.crossing import Crossing
from dryfit.model.interleaving import Sent
from dryfit.model.outcome import Outcome, Returned
from dryfit.probes import sends
from dryfit.probes.alike import alike, leaves
from dryfit.probes.sends import Described, Repetitions

_Log = list[tuple[str, Described]]


class Outgoing:
    """Notes what is sent in one run after the other; what an earlier run has begun belongs to none."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Another run begins."""
        self._log: _Log = []
        self._begun: dict[int, Described] = {}

    def before(self, crossing: Crossing) -> str:
        """Look at what is about to be sent, for afterwards nobody may be able to; gives it in one line, or ""."""
        found = sends.leaving(crossing)
        if found is None:
            return ""
        self._begun[id(crossing)] = found
        return found.what

    def after(self, crossing: Crossing, outcome: Outcome) -> None:
        """Note what took effect: it came back, and was not refused."""
        found = self._begun.pop(id(crossing), None)
        if found is not None and isinstance(outcome, Returned) and not sends.is_refused(outcome.value):
            self._log.append((crossing.callee.name, found))

    def sent(self) -> tuple[Sent, ...]:
        """What was sent in this run, in that order."""
        repetitions = Repetitions()
        return tuple(
            Sent(name, each.what, (("", alike(each.what)), *leaves(each.content)))
            for name, each in self._log
            if not repetitions.is_one(each)
        )
