"""The recording probe: keeps real inputs, with what came of them, and tells which callables depend on these alone."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from dryfit.model.crossing import Crossing
from dryfit.model.outcome import Outcome, Raised, Returned
from dryfit.model.stand_in import Answer
from dryfit.probes.answers import answer
from dryfit.probes.plain import NotPlainError, copied, likeness
from dryfit.probes.statics import derives, type_name

MOST_INPUTS = 8
MOST_LOOKED_AT = 64
"""How many crossings into one callable are copied and compared."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One real input, values by parameter without the receiver, and what came of it; ``likeness`` tells its content."""

    values: dict[str, object]
    answer: Answer
    likeness: Hashable
    test: str


@dataclass(slots=True)
class Record:
    """What is known of one callable. ``refused`` are reasons for which crossings of it were not recorded."""

    inputs: dict[Hashable, Recorded] = field(default_factory=dict)
    left: int = MOST_LOOKED_AT
    refused: dict[str, None] = field(default_factory=dict)
    mutates: bool = False
    unsteady: bool = False


@dataclass(frozen=True, slots=True)
class _Open:
    """A crossing in progress: it is kept alive here, so that no other one takes its identity."""

    crossing: Crossing
    values: dict[str, object]
    likeness: Hashable


class Recorder:
    """Records crossings that the real callee answers, with nobody standing in for anything below it."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._effects: dict[str, str] = {}
        self._open: dict[int, _Open] = {}

    def before(self, crossing: Crossing) -> None:
        """Copy the arguments, or note what happens below others."""
        callee = crossing.callee
        if callee.effect in ("write", "send"):
            self._mark(crossing)
        elif callee.kind == "stand-in":
            self._give_up(crossing)
        elif callee.effect == "call":
            self._begin(crossing)

    def after(self, crossing: Crossing, outcome: Outcome) -> Outcome:
        """Keep the input with what came of it."""
        opened = self._open.pop(id(crossing), None)
        if opened is not None and not _breaks_off(outcome):
            self._end(opened, outcome)
        return outcome

    def inputs(self, name: str) -> tuple[Recorded, ...]:
        """The inputs of a callable that qualifies."""
        record = self._records.get(name)
        return tuple(record.inputs.values()) if record is not None else ()

    def hindrance(self, name: str) -> str:
        """Why a callable's inputs tell nothing of a fake, "" where they do."""
        record = self._records.get(name)
        if name in self._effects:
            return f"the real one has an effect: {self._effects[name]}"
        if record is None:
            return "the real one was not seen at work, or only with a stand-in below it"
        if record.mutates:
            return "the real one changes its arguments"
        if record.unsteady:
            return "the same input of the real one led to different outcomes"
        if not record.inputs:
            reasons = f": {', '.join(sorted(record.refused))}" if record.refused else ""
            return f"no input of the real one could be recorded{reasons}"
        return ""

    def _begin(self, crossing: Crossing) -> None:
        record = self._records.setdefault(crossing.callee.name, Record())
        if record.left <= 0 or _is_below_a_stand_in(crossing):
            return
        record.left -= 1
        callee = crossing.callee
        named = list(zip(callee.parameters, crossing.values, strict=True))[callee.method :]
        try:
            values = {name: copied(value) for name, value in named}
            self._open[id(crossing)] = _Open(crossing, values, likeness(tuple(values.values())))
        except NotPlainError as reason:
            record.refused[f"it got {reason}"] = None

    def _end(self, opened: _Open, outcome: Outcome) -> None:
        callee = opened.crossing.callee
        record = self._records[callee.name]
        record.mutates |= _now(opened.crossing) != opened.likeness
        came_of_it = _likeness_of(outcome)
        known = record.inputs.get(opened.likeness)
        if known is not None:
            record.unsteady |= known.likeness != came_of_it
        elif len(record.inputs) < MOST_INPUTS:
            told = answer(outcome, callee.name.rpartition(".")[2], callee.kind)
            record.inputs[opened.likeness] = Recorded(opened.values, told, came_of_it, opened.crossing.test)

    def _mark(self, crossing: Crossing) -> None:
        """Remember of everything in progress above that it has an effect."""
        above = crossing.parent
        while above is not None:
            self._effects.setdefault(above.callee.name, crossing.callee.name)
            above = above.parent

    def _give_up(self, crossing: Crossing) -> None:
        """What a stand-in takes part in is no outcome of the real one."""
        above = crossing.parent
        while above is not None:
            self._open.pop(id(above), None)
            above = above.parent


def _is_below_a_stand_in(crossing: Crossing) -> bool:
    """Whether a fake calls the real one, with data of its own."""
    above = crossing.parent
    while above is not None and above.callee.kind != "stand-in":
        above = above.parent
    return above is not None


def _breaks_off(outcome: Outcome) -> bool:
    """Whether the program or the test was ended, which is no outcome of the callee's."""
    return type(outcome) is Raised and not derives(type(outcome.exception), Exception)


def _now(crossing: Crossing) -> Hashable:
    """The arguments as the call has left them."""
    try:
        return likeness(tuple(crossing.values[crossing.callee.method :]))
    except NotPlainError as changed:
        return str(changed)


def _likeness_of(outcome: Outcome) -> Hashable:
    """What tells outcomes apart: the content where it is plain, else the type."""
    if type(outcome) is Returned:
        try:
            return likeness(outcome.value)
        except NotPlainError:
            return type_name(type(outcome.value))
    return type_name(type(outcome.exception))  # type: ignore[union-attr]  # the other half of the union
