"""Every model value that is stored comes back as it was."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dryfit.model.finding import Fact, Finding
from dryfit.model.run import CheckSummary, RunInfo, SeamCoverage, TestCounts
from dryfit.model.seam import Place, Seam
from dryfit.model.shape import Form, Shape
from dryfit.model.stand_in import ClassFacts, Original, Replacement, StandInCall
from dryfit.model.structure import ProjectMap
from dryfit.model.trace import (
    Argument,
    Behaviour,
    Dropped,
    Incident,
    LeftoverData,
    Mutation,
    Observations,
    Occurrence,
    Skipped,
    Trace,
    Transfer,
    Violation,
)
from dryfit.store.codec import Codec

few = st.text(max_size=3)


def shapes(depth: int) -> st.SearchStrategy[Shape]:
    """Shapes in shapes to a depth; the strategy that their types alone give would not end."""
    inner = shapes(depth - 1) if depth else st.just(Shape(()))
    fields = st.lists(st.tuples(few, inner), max_size=2).map(tuple)
    form = st.builds(Form, fields=fields, items=st.none() | inner)
    return st.builds(Shape, st.lists(form, max_size=2).map(tuple))


arguments = st.builds(Argument, few, few, shapes(1))
behaviours = st.builds(Behaviour, arguments=st.lists(arguments, max_size=2).map(tuple), result=shapes(1))
STORED: dict[object, st.SearchStrategy[object]] = {
    declared: st.from_type(declared)
    for declared in (
        RunInfo,
        ProjectMap,
        Trace,
        Skipped,
        SeamCoverage,
        CheckSummary,
        Finding,
        TestCounts,
        str,
    )
}
STORED |= {
    Occurrence: st.from_type(Original | Replacement | StandInCall | ClassFacts | LeftoverData),
    Incident: st.from_type(Transfer | Mutation | Violation | Dropped),
    Behaviour: behaviours,
    Observations: st.builds(Observations, behaviours=st.lists(behaviours, max_size=2).map(tuple)),
}


@pytest.mark.parametrize("declared", STORED, ids=str)
@settings(max_examples=50, deadline=None)  # the first example also compiles the codec
@given(data=st.data())
def test_round_trip(declared: object, data: st.DataObject) -> None:
    codec: Codec[object] = Codec(declared)
    value = data.draw(STORED[declared])
    assert repr(codec.loads(codec.dumps(value))) == repr(value)  # repr: 1, 1.0 and True are equal, NaN is not


def test_text_is_ascii_on_one_line() -> None:
    text = Codec[Skipped](Skipped).dumps(Skipped("größe\n\udcff", "→"))
    assert text.isascii()
    assert "\n" not in text


def test_defaults_are_left_out() -> None:
    assert Codec[Form](Form).dumps(Form("int", "number")) == '{"type":"int","kind":"number"}'


def test_a_member_of_a_union_is_named() -> None:
    codec: Codec[Incident] = Codec(Incident)
    dropped = Dropped(Seam("a", "b", "b.f"), Place("a.py", 1), "test_a")
    assert '"$":"Dropped"' in codec.dumps(dropped)
    assert codec.loads(codec.dumps(dropped)) == dropped


def test_scalars_beside_a_tuple() -> None:
    codec: Codec[tuple[Fact, ...]] = Codec(tuple[Fact, ...])
    facts = (Fact("rows", 3), Fact("types", ("int", "str")), Fact("share", 0.5), Fact("type", "int"))
    assert codec.loads(codec.dumps(facts)) == facts


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", "{}", '{"forms":3}', '{"forms":[{"type":"int","kind":"number","tpye":1}]}']
)
def test_what_is_no_value_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Codec[Shape](Shape).loads(text)


def test_a_type_that_cannot_be_kept_is_refused_by_name() -> None:
    @dataclass
    class Bad:
        parts: set[str]

    Bad.__annotations__["parts"] = set[str]
    with pytest.raises(TypeError, match=r"set\[str\]"):
        Codec[Bad](Bad).dumps(Bad(set()))
