"""Laws of shapes, and their two written forms."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dryfit.model import shape as room
from dryfit.model.shape import MORE, NOTHING, Form, Shape, bounded, join, join_all


@pytest.fixture(scope="module", autouse=True)
def small_bounds() -> Iterator[None]:
    """Small bounds, so that small examples reach them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MOST_ALTERNATIVES", "MOST_FIELDS", "MOST_FORMATS"):
            patch.setattr(room, name, 3)
        yield


NAMES = st.sampled_from("abcdef")
INT, STR = Form("int", "number", low=1.0, high=2.0), Form("str", "text")
ANY_INT = Shape((Form("int", "number"),))
LEAVES = st.sampled_from([NOTHING, Shape((INT,)), Shape((Form("NoneType", "none"),)), Shape((INT, STR))])


def unions(items: st.SearchStrategy[Shape]) -> st.SearchStrategy[Shape]:
    form = st.builds(
        Form,
        type=st.sampled_from("tuvwx"),
        kind=st.sampled_from(["number", "object", "cut"]),
        formats=st.lists(NAMES, max_size=4).map(tuple),
        low=st.sampled_from([None, -1.0, 3.5]),
        fields=st.dictionaries(NAMES, items, max_size=4).map(lambda found: tuple(found.items())),
        items=st.none() | items,
    ).map(bounded)
    return st.lists(form, max_size=4).map(lambda found: join_all(Shape((form,)) for form in found))


SHAPES = unions(unions(LEAVES) | LEAVES)


@given(SHAPES, SHAPES)
def test_join_is_commutative(left: Shape, right: Shape) -> None:
    assert join(left, right) == join(right, left)


@given(SHAPES, SHAPES, SHAPES)
def test_join_is_associative(one: Shape, two: Shape, three: Shape) -> None:
    assert join(join(one, two), three) == join(one, join(two, three))


@given(SHAPES, SHAPES)
def test_join_is_idempotent_and_absorbs_its_parts(left: Shape, right: Shape) -> None:
    both = join(left, right)
    assert join(left, left) == left
    assert join(both, left) == both


@given(SHAPES)
def test_nothing_is_neutral(shape: Shape) -> None:
    assert join(shape, NOTHING) == join(NOTHING, shape) == shape


@given(SHAPES)
def test_json_goes_there_and_back(shape: Shape) -> None:
    assert Shape.from_json(json.loads(json.dumps(shape.to_json()))) == shape


@given(st.lists(SHAPES, max_size=6))
def test_shapes_stay_within_their_bounds(shapes: list[Shape]) -> None:
    for form in join_all(shapes).forms:
        assert len(form.fields) <= room.MOST_FIELDS
        assert len(form.formats) <= room.MOST_FORMATS + 1
    assert len(join_all(shapes).forms) <= room.MOST_ALTERNATIVES + 1


def test_more_alternatives_than_the_bound_are_said_to_be_more() -> None:
    shape = join_all(Shape((Form(f"t{n}", "object"),)) for n in range(room.MOST_ALTERNATIVES + 3))
    assert shape.forms[-1] == Form(MORE, "cut")
    assert len(shape.forms) == room.MOST_ALTERNATIVES + 1


def test_a_field_that_one_side_lacks_is_optional() -> None:
    with_id = Shape((Form("dict", "mapping", fields=(("id", NOTHING),)),))
    joined = join(with_id, Shape((Form("dict", "mapping"),)))
    assert joined.forms[0].optional == ("id",)


def test_a_form_that_was_not_opened_gives_way_to_one_that_was() -> None:
    cut, opened = Form("shop.Order", "cut"), Form("shop.Order", "object", fields=(("id", NOTHING),))
    assert join(Shape((cut,)), Shape((opened,))) == Shape((opened,))


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (Form("NoneType", "none"), "None"),
        (Form("int", "number", low=1.0, high=5.0), "int 1..5"),
        (Form("int", "number", low=3.0, high=3.0), "int 3"),
        (Form("str", "text", formats=("email", "uuid"), low=3.0, high=9.0), "str(email, uuid)"),
        (Form("str", "secret"), "str (secret)"),
        (
            Form("dict", "mapping", fields=(("id", ANY_INT), ("n", NOTHING)), optional=("n",)),
            "dict{id: int, n?: nothing}",
        ),
        (Form("list", "sequence", items=Shape((Form("int", "number"), STR))), "list[int | str]"),
        (
            Form("tuple", "tuple", fields=(("0", ANY_INT), ("1", Shape((Form("x.Y", "cut"),))))),
            "tuple(int, x.Y)",
        ),
    ],
)
def test_text_form(form: Form, text: str) -> None:
    assert str(Shape((form,))) == text


@pytest.mark.parametrize(
    "value", [None, {}, ["int"], [{"type": "int", "kind": "unheard of"}], [{"kind": "text"}]]
)
def test_other_json_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"shape|expected"):
        Shape.from_json(value)  # type: ignore[arg-type]
