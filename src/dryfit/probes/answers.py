"""What came of a call, by kind: nothing of its content is kept."""

from __future__ import annotations

import types

from dryfit.model.crossing import CalleeKind
from dryfit.model.outcome import Outcome, Returned
from dryfit.model.shape import Form, Shape
from dryfit.model.stand_in import Answer
from dryfit.probes.look import look
from dryfit.probes.statics import mro, type_name

_GENERATORS = (types.GeneratorType, types.AsyncGeneratorType)


def answer(outcome: Outcome, name: str, kind: CalleeKind = "function") -> Answer:
    """Tell the kind of an outcome; ``name`` is the callable's, ``kind`` says whether a call of it gives a generator."""
    if type(outcome) is not Returned:
        cls = type(outcome.exception)  # type: ignore[union-attr]  # the other half of the union
        return Answer("raised", type_name(cls), bases=tuple(map(type_name, mro(cls)[1:-1])))
    if kind in ("generator", "async generator") or type(outcome.value) in _GENERATORS:
        return Answer("returned", "generator", Shape((Form("generator", "generator"),)))
    return Answer("returned", type_name(type(outcome.value)), look(outcome.value, name))


def closed_answer(outcome: Outcome) -> Answer:
    """The same without a look inside."""
    if type(outcome) is Returned:
        return Answer("returned", type_name(type(outcome.value)))
    return answer(outcome, "")
