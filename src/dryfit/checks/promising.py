"""Which tests are worth trials, by what the run without any fault has shown of them, and in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dryfit.checks.names import plain
from dryfit.model.seam import DRIVER, Place, Seam
from dryfit.model.trace import Behaviour, Observations, Trace

Failing = tuple[Seam, Place]
"""A call that may fail."""


class Promising:
    """Puts tests into batches: first those that show a call that may fail, each once, then the others that have any.

    ``failures`` are the exceptions of the project's callables. The cheap tests come first, in powers of four: between
    those that take about as long the order is the suite's. ``others`` says that tests in which nothing can fail are
    wanted, too.
    """

    def __init__(
        self, observations: Observations, failures: Mapping[str, tuple[str, ...]], *, others: bool = False
    ) -> None:
        self._others = others
        self._behaviours = {each.key: each for each in observations.behaviours}
        self._failures = failures
        self._traces = {each.test: each for each in observations.traces}

    def batches(self, tests: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The two batches; what is not known is in the second."""
        known: set[Failing] = set()
        first, rest = [], []
        for test in sorted(tests, key=self._cost):
            trace = self._traces.get(test)
            calls = set(self._failing(trace)) if trace is not None else set()
            if calls - known:
                first.append(test)
            elif calls or trace is None or self._others:
                rest.append(test)
            known |= calls
        return tuple(first), tuple(rest)

    def _cost(self, test: str) -> int:
        trace = self._traces.get(test)
        return magnitude(trace.seconds) if trace is not None else 0

    def _failing(self, trace: Trace) -> Iterator[Failing]:
        for crossing in trace.crossings:
            behaviour = self._behaviours.get(crossing.behaviour)
            if behaviour is not None and crossing.parent >= 0 and self._may_fail(behaviour):
                yield behaviour.seam, behaviour.site

    def _may_fail(self, behaviour: Behaviour) -> bool:
        if behaviour.seam.caller == DRIVER:
            return False
        reaches_out = behaviour.effect != "call" and not behaviour.stand_in
        return reaches_out or bool(self._failures.get(plain(behaviour.seam.callable)))


def magnitude(seconds: float) -> int:
    """A duration in powers of four of a millisecond."""
    return int(seconds * 1000).bit_length() // 2
