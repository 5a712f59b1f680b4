"""The probe that makes the faults of one experiment happen, each at its point, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dryfit.model.crossing import Crossing
from dryfit.model.outcome import Outcome, Raised
from dryfit.model.probe import Act, Raise
from dryfit.model.trial import Experiment, Point, Strike
from dryfit.probes.faults import named
from dryfit.probes.faults.catalogue import row_of
from dryfit.probes.faults.occasion import NotMadeError, Occasion
from dryfit.probes.faults.resolve import occasion_of
from dryfit.probes.faults.wire import Wire
from dryfit.probes.trial import FAULT_MARK

DOMAIN_ERROR = "domain-error"
"""The name of a fault that is no library's: an exception of the project's own."""


def _nobody() -> None:
    """Nobody wants to know."""


def _anywhere(crossing: Crossing) -> bool:
    return True


def _never(connection: object) -> bool:
    return False


@dataclass(slots=True)
class _Hit:
    """The crossing at which the fault happens; its occasion is forgotten when it ends, so that nothing stays alive."""

    crossing: Crossing
    occasion: Occasion | None


class FaultProbe:
    """Makes each fault of an experiment happen once. It stands before every other probe.

    ``point`` tells which crossing of the test one is, ``is_within`` whether what runs now is below a crossing,
    ``inherits`` whether a connection was in a transaction before the entry in progress began.
    """

    def __init__(
        self,
        point: Callable[[Crossing], Point],
        is_within: Callable[[Crossing], bool] = _anywhere,
        inherits: Callable[[object], bool] = _never,
    ) -> None:
        self._point = point
        self._inherits = inherits
        self._wire = Wire(is_within)
        self._repeated: tuple[Crossing, int] | None = None
        self._due: list[Strike] = []
        self._fired = _nobody
        self._hit: _Hit | None = None
        self._why = ""

    def begin(self, experiment: Experiment | None, fired: Callable[[], None]) -> None:
        """From now on the faults of this experiment are due; ``fired`` is called as a caller is given the last one."""
        self._due, self._fired = [*experiment.strikes] if experiment is not None else [], fired
        self._hit, self._why, self._repeated = None, "", None

    def end(self) -> str:
        """Forget all, and say why the fault could not be made; "" where it was made, or never due."""
        why, self._why = self._why, ""
        self._wire.end()
        self.begin(None, _nobody)
        return why

    def before(self, crossing: Crossing) -> Act:
        """Give the caller its exception where the fault comes before the callee runs, or see to it that it fails."""
        if not self._due or self._hit is not None or self._point(crossing) != self._due[0].point:
            return None
        strike = self._due[0]
        self._hit = _Hit(crossing, self._occasion(crossing))
        is_due = strike.when == "before" or strike.fault.is_on_wire
        exception = self._made(strike, self._hit) if is_due else None
        return Raise(exception) if exception is not None else None

    def after(self, crossing: Crossing, outcome: Outcome) -> Outcome:
        """Give the caller an exception in place of the value, and tell that it got one."""
        hit = self._hit
        if hit is None or hit.crossing is not crossing or self._why:
            return outcome
        strike = self._due[0]
        try:
            outcome = self._outcome(strike, hit, outcome)
        finally:
            hit.occasion = None
        if self._is_made():
            if isinstance(outcome, Raised):
                vars(outcome.exception)[FAULT_MARK] = strike.when
            self._happened(strike)
        return outcome

    def _is_made(self) -> bool:
        return not self._why

    def repeats(self, crossing: Crossing) -> int:
        """How often the client did again, in this crossing, what the wire had lost the reply of."""
        return self._repeated[1] if self._repeated is not None and self._repeated[0] is crossing else 0

    def _happened(self, strike: Strike) -> None:
        """The next fault is due, if there is one. The wire has told by itself: a client may never come back."""
        del self._due[0]
        self._hit = None
        if not self._due and not strike.fault.is_on_wire:
            self._fired()

    def _outcome(self, strike: Strike, hit: _Hit, outcome: Outcome) -> Outcome:
        """What the caller gets; where that is not the fault, it is kept why."""
        if strike.fault.is_on_wire:
            self._why = self._wire.take_up(outcome)
            self._repeated = hit.crossing, self._wire.repeats
            return outcome
        if isinstance(outcome, Raised):
            if strike.when == "after":
                self._why = f"the callee raised {type(outcome.exception).__name__} by itself"
            return outcome
        if hit.occasion is not None:
            hit.occasion.value = outcome.value
        exception = self._made(strike, hit) if strike.when == "after" else _given(hit.occasion)
        if exception is not None:
            return Raised(exception)
        self._why = self._why or "the call came to a good end all the same"
        return outcome

    def _occasion(self, crossing: Crossing) -> Occasion | None:
        try:
            found = occasion_of(crossing)
            if found is not None:
                found.inherited = self._inherits(found.holder)
        except Exception:  # noqa: BLE001 - as it was when the offer was made
            return None
        return found

    def _made(self, strike: Strike, hit: _Hit) -> BaseException | None:
        """Make the fault; ``None`` where the callee raises it by itself, or it cannot be made."""
        try:
            if not strike.fault.is_on_wire:
                return _happens(strike, hit)
            self._wire.lay(hit.occasion, strike.fault, self._fired if len(self._due) == 1 else _nobody)
        except NotMadeError as reason:
            self._why = str(reason)
        except Exception as error:  # noqa: BLE001 - a library's objects may be in any state
            self._why = f"{strike.fault.name} could not be made: {type(error).__name__}: {error}"
        return None


def _happens(strike: Strike, hit: _Hit) -> BaseException | None:
    fault, occasion = strike.fault, hit.occasion
    if fault.name == DOMAIN_ERROR or hit.crossing.callee.kind != "library":
        return named.made(fault.exception, fault.text)
    row = row_of(occasion, strike.when, fault.name) if occasion is not None else None
    if occasion is None or row is None:
        raise NotMadeError(f"{fault.name} cannot happen {strike.when} this call")
    exception = row.make(occasion, row.fault(occasion))
    return _through(occasion, exception) if exception is not None else None


def _given(occasion: Occasion | None) -> BaseException | None:
    """What was made before the callee ran, to be given when it has."""
    if occasion is None or occasion.instead is None:
        return None
    return _through(occasion, occasion.instead)


def _through(occasion: Occasion, exception: BaseException) -> BaseException:
    """What becomes of a driver's exception on its way to the crossing, without the frames in which it was made."""
    given = occasion.layer.given(exception) if isinstance(exception, Exception) else exception
    exception.__traceback__ = given.__traceback__ = None
    return given
