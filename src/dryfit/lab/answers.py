"""How the requests of operations that run at once are answered, and by which exceptions the program fails at them."""

from __future__ import annotations

from dryfit.lab.ended import errors
from dryfit.lab.responses import response_of
from dryfit.model.crossing import Crossing
from dryfit.model.outcome import Outcome, Raised
from dryfit.model.reply import Answered, ErrorSeen
from dryfit.model.seam import DRIVER
from dryfit.probes.trial import PlaceOf

Errors = tuple[ErrorSeen, ...]


class Answers:
    """Notes what leaves the seams of one run after the other; a worker is the number of an operation.

    A framework makes an answer of what the program does not handle, and most test clients show no more than its status.
    So what it was made of is noted before: what the program let out to whoever called it, else what a library raised
    last. No exception is kept alive.
    """

    def __init__(self, place_of: PlaceOf) -> None:
        self._place_of = place_of
        self.begin()

    def begin(self) -> None:
        """Another run begins."""
        self._escaped: dict[int, Errors] = {}
        self._raised: dict[int, Errors] = {}
        self._answered: dict[int, Answered] = {}

    def raised(self, worker: int, crossing: Crossing, error: BaseException) -> None:
        """An exception leaves a crossing."""
        if crossing.callee.is_resource:
            self._raised[worker] = errors(error, self._place_of)
        elif crossing.caller == DRIVER:
            self._escaped[worker] = errors(error, self._place_of)

    def answered(self, worker: int, outcome: Outcome) -> None:
        """A request of an operation was answered; what came before it belongs to no later one."""
        escaped, raised = self._escaped.pop(worker, ()), self._raised.pop(worker, ())
        if isinstance(outcome, Raised):
            self._answered[worker] = Answered(500, errors(outcome.exception, self._place_of))
        elif (response := response_of(outcome.value)) is not None:
            answered = Answered(response.status)
            self._answered[worker] = (
                Answered(answered.status, escaped or raised) if answered.is_failure else answered
            )

    def of(self, worker: int) -> Answered | None:
        """How the last request of an operation was answered, ``None`` where it made none."""
        return self._answered.get(worker)
