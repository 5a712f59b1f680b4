"""Gives hand-written fakes what the real callables got, and tells what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from types import CodeType, FunctionType
from typing import cast

from dryfit.model.crossing import Crossing
from dryfit.model.outcome import Outcome
from dryfit.model.stand_in import ClassFacts, Replayed
from dryfit.model.trace import Observations, Skipped
from dryfit.probes.answers import answer
from dryfit.probes.classes import class_facts
from dryfit.probes.fakes import Fake, Fakes, State, manner
from dryfit.probes.plain import copied, copied_instance
from dryfit.probes.quiet import outcome_of
from dryfit.probes.recorder import Recorded, Recorder
from dryfit.probes.signature import Call, Signature, call_with, named_defaults
from dryfit.probes.statics import type_name

INTERRUPTED = Skipped("replay of fakes", "it was interrupted")

_RECEIVERS = ("self", "cls", "mcs")

Filled = Callable[[Recorded], Call | None]


class Replay:
    """The probe that collects fakes and real inputs while the tests run."""

    def __init__(self) -> None:
        self._recorder = Recorder()
        self._fakes = Fakes()
        self._failures: set[Skipped] = set()

    def before(self, crossing: Crossing) -> None:
        """Look at what the real callable gets."""
        self._recorder.before(crossing)

    def after(self, crossing: Crossing, outcome: Outcome) -> Outcome:
        """Look at what came of it, be that real or not."""
        if crossing.callee.kind == "stand-in":
            self._fakes.answered(crossing, outcome)
        return self._recorder.after(crossing, outcome)

    def asked(self, crossing: Crossing, function: FunctionType, code: CodeType) -> None:
        """A component calls a fake; whatever dryfit fails at there, the call goes on and is seen."""
        try:
            self._fakes.asked(crossing, function, code)
        except Exception as error:  # noqa: BLE001 - it is dryfit's own
            self._failures.add(Skipped(f"replay of {code.co_qualname}", f"{type(error).__name__}: {error}"))

    def run(self) -> Observations:
        """Call every fake that can be called, with each input that it might have got; to be called at the very end."""
        found: dict[Replayed, None] = {}
        skipped = {*self._failures, *self._fakes.skipped()}
        try:
            for fake in self._fakes:
                hindrance = self._recorder.hindrance(fake.callee.name)
                if hindrance:
                    skipped.add(Skipped(f"replay of fakes of {fake.callee.name}", hindrance))
                elif fake.states:
                    told = dict.fromkeys(self._replayed(fake))
                    found |= told
                    skipped |= (
                        set() if told else {_skipped(fake, "no recorded input is like those that it gets")}
                    )
        except KeyboardInterrupt:
            skipped.add(INTERRUPTED)
        return Observations(incidents=(*found, *_classes(found)), skipped=tuple(sorted(skipped)))

    def _replayed(self, fake: Fake) -> Iterator[Replayed]:
        for number, state in enumerate(fake.states.values()):
            filled = _filler(fake, state.function)
            for recorded in self._recorder.inputs(fake.callee.name):
                call = filled(recorded)
                if call is not None and _manner(call) in fake.manners:
                    outcome = outcome_of(partial(_call, state, call))
                    yield _told(fake, state, number, recorded, outcome)


def _skipped(fake: Fake, reason: str) -> Skipped:
    return Skipped(f"replay of {fake.code.co_qualname}", reason)


def _filler(fake: Fake, function: FunctionType) -> Filled:
    """How to make a call of the fake of what the real one got."""
    real = cast(FunctionType | None, fake.callee.function)
    if real is None:
        return lambda recorded: None
    code, taken = real.__code__, fake.takes(function)
    defaults = named_defaults(code, real.__defaults__, real.__kwdefaults__)
    receiver = code.co_argcount > 0 and code.co_varnames[0] in _RECEIVERS
    signature = Signature.of(code, defaults, receiver=receiver)

    def filled(recorded: Recorded) -> Call | None:
        # Another one may have been recorded under this name.
        is_alike = signature.names == set(recorded.values)
        return call_with(recorded.values, signature, taken) if is_alike else None

    return filled


def _manner(call: Call) -> tuple[str, ...]:
    return manner((*call.positional, *call.keywords.values()))


def _call(state: State, call: Call) -> object:
    """Call a copy with copies: an earlier replay leaves no trace in a later one."""
    receivers = [each if isinstance(each, type) else copied_instance(each) for each in state.receivers]
    return state.function(*receivers, *map(copied, call.positional), **copied(dict(call.keywords)))


def _told(fake: Fake, state: State, number: int, recorded: Recorded, outcome: Outcome) -> Replayed:
    inputs = tuple((name, type_name(type(value))) for name, value in recorded.values.items())
    name = fake.callee.name.rpartition(".")[2]
    return Replayed(
        fake.seam,
        state.site,
        fake.code.co_qualname,
        inputs,
        recorded.answer,
        answer(outcome, name),
        state.test,
        recorded.test,
        f"{fake.code.co_firstlineno}.{number}",
        tuple(state.lived),
    )


def _classes(found: dict[Replayed, None]) -> Iterator[ClassFacts]:
    """What is known of the classes of what the fakes gave."""
    yield from filter(None, map(class_facts, sorted({each.fake.type for each in found})))
