"""What happens to one test: its baselines, its trials, and the proof that these did not disturb each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from dryfit.lab.likeness import difference
from dryfit.model.run import CUT_SHORT
from dryfit.model.trace import Skipped
from dryfit.model.trial import Proposed, Trial

MOST_BASELINES = 3
"""The first run of a test may fill caches, and set up what all tests share; two in a row have to agree."""

LIMIT_SECONDS = 5.0
LIMIT_RATIO = 10.0
BASELINE_RATIO = 12.0
"""A baseline may take so many times the least limit: it has come to its end before."""

_GOOD = ("passed", "xpassed")


class Worker(Protocol):
    """Runs trials in a runner, which it replaces where it dies or where it is told to."""

    @property
    def has_runner(self) -> bool:
        """Whether the runner of the last trial still lives."""

    @property
    def settled(self) -> set[str]:
        """The tests that have run undisturbed in the runner, as they did before; with the runner it is forgotten."""

    def trial(self, test: str, experiment: Proposed | None, limit: float, *, brief: bool = False) -> Trial:
        """Run a test for ``limit`` seconds at most; ``brief`` says that its outcome and its crossings are enough."""

    def renew(self) -> None:
        """Let the next trial have a runner in which nothing has run yet."""


@dataclass(frozen=True, slots=True)
class Baselines:
    """Two baseline trials that agree."""

    first: Trial
    second: Trial

    @property
    def test(self) -> str:
        """The test that they are of."""
        return self.first.test

    @property
    def seconds(self) -> float:
        """How long the test takes."""
        return max(self.first.seconds, self.second.seconds)


def baselines(worker: Worker, test: str, limit: float = LIMIT_SECONDS) -> Baselines | Skipped:
    """Run a test undisturbed until two runs agree, or say why there can be no trials of it."""
    before: Trial | None = None
    differs = ""
    for _ in range(MOST_BASELINES):
        now = worker.trial(test, None, BASELINE_RATIO * limit)
        if reason := _unfit(now):
            return Skipped(test, reason)
        if before is not None:
            differs = difference(before, now)
            if not differs:
                _settled(worker, test)
                return Baselines(before, now)
        before = now
    return Skipped(test, f"not repeatable: {differs}")


def _settled(worker: Worker, test: str) -> None:
    if worker.has_runner:  # and it was not worn out by this very run
        worker.settled.add(test)


def _unfit(trial: Trial) -> str:
    """Why a test cannot be judged by its baseline."""
    if trial.void:
        return trial.void
    if trial.outcome in _GOOD:
        return ""
    ended = {"hang": "does not end", "crash": "ends its process"}.get(trial.outcome, f"is {trial.outcome}")
    return f"its baseline {ended}{f': {trial.failure}' if trial.failure else ''}"


class Course:
    """Runs the trials of one test in one worker.

    ``is_over`` says that no further trial is to be begun; ``tried`` is called after each experiment's first trial.
    ``trials`` are those that count, or are void with the reason, by experiment.
    """

    def __init__(
        self,
        worker: Worker,
        known: Baselines,
        *,
        limit: float = LIMIT_SECONDS,
        is_over: Callable[[], bool],
        tried: Callable[[], None] = lambda: None,
    ) -> None:
        self._worker = worker
        self._known = known
        self._limit = max(limit, LIMIT_RATIO * known.seconds)
        self._baseline_limit = BASELINE_RATIO * self._limit
        self._is_over = is_over
        self._tried = tried
        self.trials: dict[Proposed, Trial] = {}

    def run(self, experiments: Sequence[Proposed]) -> None:
        """Try all of them, as long as it is not over; a runner that dies begins a new batch with the rest."""
        rest = list(dict.fromkeys(experiments))
        while rest and not self._is_over():
            rest = rest[self._batch(rest) :]

    def _batch(self, experiments: Sequence[Proposed]) -> int:
        """Try them one after the other in one runner, as long as it lives; how many were tried."""
        is_fresh = self._known.test not in self._worker.settled
        if reason := self._settle() if is_fresh else "":
            for experiment in experiments:
                self.trials[experiment] = _void(experiment, reason)
            return len(experiments)
        alive: list[Trial] = []
        try:
            for number, experiment in enumerate(experiments, 1):
                trial = self._try(experiment)
                self._tried()
                if not self._worker.has_runner:
                    self._sort_out(alive, trial, first_is_sure=is_fresh)
                    return number
                alive.append(trial)
                if self._is_over():
                    break
            self._prove(alive, first_is_sure=is_fresh)
            return max(len(alive), 1)
        finally:  # where the user breaks off
            for trial in alive:
                self._keep_void(trial, _broken_off(trial))

    def _prove(self, alive: Sequence[Trial], *, first_is_sure: bool) -> None:
        """Keep the trials of one runner, if the baseline is the same after them; else find out without each other.

        ``first_is_sure`` says that the baseline was run right before them.
        """
        differs = self._differs() if alive else ""
        if differs:
            self._worker.renew()
        # Between the baseline and the first one nothing came that could have disturbed it.
        sure = len(alive) if not differs else int(first_is_sure)
        for trial in alive[:sure]:
            self._keep(trial)
        self._one_by_one(alive[sure:], f"state leaked between trials: after them {differs}")

    def _sort_out(self, alive: Sequence[Trial], dead: Trial, *, first_is_sure: bool) -> None:
        """A trial has ended its runner, maybe by what those before it had left; these cannot be proved any more."""
        reason = "state leaked between trials, or not: the process in which they ran has ended"
        tried = [*alive, dead]
        if first_is_sure:
            self._keep(tried.pop(0))
        if tried:
            *alive, dead = tried
            self._one_by_one([dead, *alive], reason)

    def _one_by_one(self, trials: Sequence[Trial], reason: str) -> None:
        """Run experiments once more, each right after the test has run as before, in one runner as long as it does.

        Where time is up, what they showed is void.
        """
        for trial in trials:
            assert trial.experiment is not None
            if self._is_over():
                self._keep_void(trial, reason)
                continue
            unsettled = "" if self._known.test in self._worker.settled else self._settle()
            self._keep(_void(trial.experiment, unsettled) if unsettled else self._try(trial.experiment))
            if self._worker.has_runner and self._differs():
                self._worker.renew()

    def _settle(self) -> str:
        """Make sure that the test runs as its baselines did, in another runner if need be; or say why it does not."""
        differs = ""
        for _ in range(2):
            # A first run may do what is done once in a process.
            differs = self._differs() and self._differs()
            if not differs:
                _settled(self._worker, self._known.test)
                return ""
            self._worker.renew()
        return f"not repeatable any more: {differs}"

    def _differs(self) -> str:
        """Run the test undisturbed: what is different from its baseline."""
        now = self._worker.trial(self._known.test, None, self._baseline_limit, brief=True)
        return difference(self._known.second, now)

    def _try(self, experiment: Proposed) -> Trial:
        return self._worker.trial(experiment.test, experiment, self._limit)

    def _keep(self, trial: Trial) -> None:
        assert trial.experiment is not None
        self.trials[trial.experiment] = trial

    def _keep_void(self, trial: Trial, reason: str) -> None:
        assert trial.experiment is not None
        self.trials.setdefault(trial.experiment, replace(trial, void=trial.void or reason))


def _broken_off(trial: Trial) -> str:
    """Why nothing is to be said of a trial at whose end the user broke off."""
    explored = trial.explored
    if explored is None or explored.exhausted or explored.void:
        return "broken off before it was known that the state did not leak into it"
    said = f"{CUT_SHORT} after {explored.tried} of at least {explored.at_least} interleavings"
    return f"{said}; one that came out otherwise is not confirmed: run it again" if explored.others else said


def _void(experiment: Proposed, reason: str) -> Trial:
    """A trial that was not run."""
    return Trial(experiment.test, experiment, "cut off", 0.0, void=reason)
