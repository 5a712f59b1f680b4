"""What a stand-in returned beside what the real one returns: laws, and tables of what differs and what does not."""

from __future__ import annotations

import enum
import unittest.mock as mock
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dryfit.checks.mock_returns import Returns
from dryfit.model.shape import MORE, MOST_ALTERNATIVES, NOTHING, Form, Shape, join, join_all
from dryfit.model.stand_in import ClassFacts, ResultUse
from dryfit.probes.look import look


def _kind(value: object) -> str:
    """Name a case without the addresses that a repr may hold: workers are to collect the same tests."""
    plain = isinstance(value, int | str | bytes | float | list | dict | tuple | ResultUse)
    return repr(value) if plain and " at 0x" not in repr(value) else type(value).__name__


@dataclass
class Receipt:
    number: int = 7
    cents: int = 500
    notes: list[str] = field(default_factory=list)


@dataclass
class Refusal:
    reason: str = "no"


class Colour(enum.Enum):
    RED = "red"


class Word(enum.StrEnum):
    YES = "yes"


class Row:
    def __init__(self) -> None:
        self.id = 1

    def __getitem__(self, key: object) -> int:
        return 1


class Anything:
    def __init__(self) -> None:
        self.id = 1

    def __getattr__(self, name: str) -> int:
        if name.startswith("_"):
            raise AttributeError(name)
        return 1


def facts(cls: type, *, dynamic: bool = False) -> ClassFacts:
    bases = tuple(base.__name__ for base in cls.__mro__[1:-1])
    return ClassFacts(name(cls), tuple(sorted(vars(cls))), bases, dynamic)


def name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


CLASSES = {
    name(cls): facts(cls, dynamic=cls is Anything) for cls in (Receipt, Refusal, Colour, Word, Row, Anything)
}
RETURNS = Returns(CLASSES)


def shape(*values: object) -> Shape:
    return join_all(map(look, values))


def kinds(fake: object, *real: object, use: ResultUse | None) -> list[str]:
    """The sub-kinds of what differs between one value of a stand-in and those of the real one."""
    return [each.sub_kind for each in RETURNS.differences(look(fake), shape(*real), use)]


PLAIN = (None, True, 3, 2.5, 1j, Decimal("1.5"), "text", b"bytes", Colour.RED, Word.YES)
TIMES = (date(2026, 1, 1), datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC))
OBJECTS = (Receipt(), Refusal(), Row(), Anything(), SimpleNamespace(number=1))
OTHERS = (mock.Mock(), KeyError("x"), int, len)
scalars = st.sampled_from((*PLAIN, *TIMES, *OBJECTS, *OTHERS))


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    few = st.lists(inner, max_size=3)
    keys = st.sampled_from(["id", "name", "cents", 1])
    return few | few.map(tuple) | st.dictionaries(keys, inner, max_size=3)


values = st.recursive(scalars, containers, max_leaves=4)
several = st.lists(values, min_size=1, max_size=4)
uses = st.builds(
    ResultUse,
    attributes=st.lists(st.sampled_from(["cents", "number", "upper", "id"]), max_size=2, unique=True).map(tuple),
    keys=st.lists(st.sampled_from(["id", "name"]), max_size=1).map(tuple),
    asked=st.lists(st.sampled_from(["id", "cents"]), max_size=1).map(tuple),
    unpacked=st.lists(st.integers(1, 3), max_size=1).map(tuple),
    ways=st.lists(
        st.sampled_from(["awaited", "iterated", "tested", "computed", "handed on", "read again"]),
        max_size=2,
        unique=True,
    ).map(tuple),
) | st.none()  # fmt: skip

law = settings(max_examples=150, deadline=None)


@law
@given(several, several, uses)
def test_what_the_real_one_returned_itself_never_differs(
    fake: list[Any], more: list[Any], use: ResultUse | None
) -> None:
    assert list(RETURNS.differences(shape(*fake), shape(*fake, *more), use)) == []


@law
@given(values, several, several, uses)
def test_another_type_that_the_real_one_returns_excuses_and_never_accuses(
    fake: Any, real: list[Any], more: list[Any], use: ResultUse | None
) -> None:
    known = shape(*real)
    if all(form.kind == "none" for form in known.forms):
        known = join(known, look(Refusal()))  # of who only returns None it is not known what else it could be
    others = [each for each in more if type(each) is not type(fake)]
    before = list(RETURNS.differences(look(fake), known, use))
    after = list(RETURNS.differences(look(fake), join(known, shape(*others)), use))
    assert len(after) <= len(before)


filled = st.one_of(
    st.dictionaries(st.sampled_from(["id", "name", "cents"]), scalars, min_size=1, max_size=3),
    st.lists(scalars, min_size=1, max_size=3),
    st.lists(scalars, min_size=1, max_size=3).map(tuple),
    st.sampled_from([datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)]),
)


@law
@given(filled, st.lists(filled, min_size=1), st.lists(filled), uses)
def test_more_of_the_same_type_excuses_and_never_accuses(
    fake: Any, real: list[Any], more: list[Any], use: ResultUse | None
) -> None:
    known, others = (shape(*(each for each in some if type(each) is type(fake))) for some in (real, more))
    if known == NOTHING:
        return
    before = list(RETURNS.differences(look(fake), known, use))
    after = list(RETURNS.differences(look(fake), join(known, others), use))
    assert len(after) <= len(before)


@law
@given(several, several)
def test_what_is_thrown_away_never_differs(fake: list[Any], real: list[Any]) -> None:
    assert list(RETURNS.differences(shape(*fake), shape(*real), ResultUse())) == []


@law
@given(several, several)
def test_without_the_source_nothing_is_sure_but_time_zones(fake: list[Any], real: list[Any]) -> None:
    for each in RETURNS.differences(shape(*fake), shape(*real), None):
        assert not each.sure or " datetime.datetime, where" in each.text
        assert each.sub_kind == "return-type"


HANDED_ON = ResultUse(ways=("handed on",))


@pytest.mark.parametrize(
    ("fake", "real"),
    [
        ({}, Receipt()),
        (True, Receipt()),
        ("yes", Receipt()),
        ("text", b"bytes"),
        (b"bytes", "text"),
        ("1.5", Decimal("1.5")),
        ("red", Colour.RED),
        (Colour.RED, "red"),
        (date(2026, 1, 1), "2026-01-01"),
        (datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)),
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1)),
        ("text", ["text"]),
        (3, "3"),
        (3, None),
        ("text", None),
        (["text"], [Receipt()]),
        ([3], [b"bytes"]),
        ("text", 3),
    ],
)
def test_types_that_are_used_differently(fake: object, real: object) -> None:
    assert kinds(fake, real, use=HANDED_ON) == ["return-type"]


@pytest.mark.parametrize(
    ("fake", "real"),
    [
        (3, 2.5),
        (3, Decimal("1.5")),
        (0, False),
        (True, 1),
        ([], {}),
        ({}, []),
        ((1, 2), [1, 2]),
        ({1}, [1]),
        ("yes", Word.YES),
        (Word.YES, "yes"),
        (None, Receipt()),
        (None, 3),
        (mock.Mock(), 3),
        (KeyError("x"), "text"),
        (len, "text"),
        ({}, Row()),
        ("text", Anything()),
        (Row(), {}),
        ([1], (each for each in ())),
        ([], ["text"]),
        (["text"], []),
        ([3], [2.5]),
        ([[3]], [["text"]]),  # what is done with each element is not followed
        (Refusal(), Receipt()),
        (date(2026, 1, 1), datetime(2026, 1, 1)),
    ],
    ids=_kind,
)
def test_types_that_are_used_alike(fake: object, real: object) -> None:
    assert kinds(fake, real, use=HANDED_ON) == []


def test_one_alternative_is_enough() -> None:
    assert kinds("text", None, 3, use=HANDED_ON) == ["return-type"]
    assert kinds("text", None, 3, "other", use=HANDED_ON) == []


def test_who_gives_things_that_are_used_differently_may_give_a_third() -> None:
    assert kinds("text", 3, Receipt(), use=HANDED_ON) == []


@pytest.mark.parametrize(("use", "expected"), [(("tested",), []), (("computed", "tested"), ["return-type"])])
def test_whoever_asks_whether_it_is_true_takes_anything(use: tuple[str, ...], expected: list[str]) -> None:
    assert kinds("text", Receipt(), use=ResultUse(ways=use)) == expected


def test_too_many_alternatives_say_nothing() -> None:
    many = Shape((*(Form(f"t{number}", "text") for number in range(MOST_ALTERNATIVES)), Form(MORE, "cut")))
    assert list(RETURNS.differences(look(3), many, HANDED_ON)) == []
    assert list(RETURNS.differences(look(3), NOTHING, HANDED_ON)) == []


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [(("upper",), []), (("upper", "cents"), ["return-type"]), ((), ["return-type"])],
)
def test_an_object_serves_that_has_what_is_asked_of_a_text(
    attributes: tuple[str, ...], expected: list[str]
) -> None:
    use = ResultUse(attributes=attributes, ways=("handed on",))
    assert kinds(Receipt(), "text", use=use) == expected
    assert kinds("text", Receipt(), Refusal(), use=ResultUse(attributes=("cents",))) == []


@pytest.mark.parametrize(
    ("fake", "attributes", "expected"),
    [
        (SimpleNamespace(number=1, cents=2), ("cents", "number"), []),
        (SimpleNamespace(total=1), ("total",), ["missing-attribute"]),
        (mock.Mock(), ("total",), ["missing-attribute"]),
        (mock.Mock(), ("cents",), []),
        (mock.Mock(), ("__len__",), []),
        (SimpleNamespace(total=1), (), []),
        (Refusal(), ("reason",), ["missing-attribute"]),
        (Receipt(), ("total",), []),
    ],
)
def test_attributes_that_the_caller_reads(
    fake: object, attributes: tuple[str, ...], expected: list[str]
) -> None:
    assert kinds(fake, Receipt(), use=ResultUse(attributes=attributes)) == expected
    assert kinds(fake, Receipt(), None, use=ResultUse(attributes=attributes)) == expected


@pytest.mark.parametrize("real", [Anything(), None])
def test_attributes_of_who_does_not_tell_them(real: object) -> None:
    assert kinds(mock.Mock(), real, use=ResultUse(attributes=("total",))) == []


def test_an_attribute_that_one_of_the_real_ones_has() -> None:
    use = ResultUse(attributes=("reason",))
    assert kinds(mock.Mock(), Receipt(), use=use) == ["missing-attribute"]
    assert kinds(mock.Mock(), Receipt(), Refusal(), use=use) == []


@pytest.mark.parametrize(
    ("fake", "real", "unpacked", "expected"),
    [
        ((1, 2), [(1, 2, 3)], (2,), ["tuple-arity"]),
        ((1, 2), [(1, 2, 3)], (3,), []),  # it would have failed
        ((1, 2), [(1, 2, 3)], (), ["tuple-arity"]),
        ((1, 2), [(3, 4)], (2,), []),
        ((1, 2), [(1, 2, 3), (1,)], (2,), []),
        ((1, 2), [[1, 2, 3]], (2,), []),
    ],
)
def test_lengths_of_tuples(
    fake: object, real: list[object], unpacked: tuple[int, ...], expected: list[str]
) -> None:
    use = ResultUse(unpacked=unpacked, ways=() if unpacked else ("handed on",))
    assert kinds(fake, *real, use=use) == expected
    assert kinds(fake, *real, use=None) == []


@pytest.mark.parametrize(
    ("fake", "real", "expected"),
    [
        ({"id": 1, "fee": 2}, {"id": 1}, ["missing-key"]),
        ({"id": 1}, {"id": 1, "fee": 2}, []),
        ({"id": 1}, {"number": 1}, []),
        ({"fee": 2}, {}, []),
        ({"fee": 2}, {1: 2}, []),
        ({"fee": 2}, dict.fromkeys(map(str, range(50))), []),
    ],
)
def test_keys_that_the_caller_reads(fake: object, real: object, expected: list[str]) -> None:
    assert kinds(fake, real, use=ResultUse(keys=("fee",))) == expected
    assert kinds(fake, real, use=None) == []


def test_a_key_that_is_only_asked_for_may_be_lacking() -> None:
    use = ResultUse(attributes=("get",), asked=("fee",))
    (found,) = RETURNS.differences(look({"id": 1, "fee": 2}), look({"id": 1}), use)
    assert (found.sub_kind, found.sure) == ("missing-key", False)


@pytest.mark.parametrize(
    ("fake", "use", "expected"),
    [
        ([1], ResultUse(ways=("iterated",)), []),
        ([1], ResultUse(ways=("iterated", "read again")), [True]),
        ([1], ResultUse(ways=("tested",)), [True]),
        ([1], ResultUse(attributes=("append",)), [True]),
        ([1], ResultUse(attributes=("close",)), [False]),
        ([1], ResultUse(ways=("handed on",)), [False]),
        ({"id": 1}, ResultUse(keys=("id",)), [True]),
        (iter([1]), ResultUse(ways=("tested",)), []),
        ((each for each in ()), ResultUse(ways=("tested",)), []),
        (mock.Mock(), ResultUse(ways=("tested",)), []),
        ([1], ResultUse(), []),
        ([1], None, []),
    ],
    ids=_kind,
)
def test_what_stands_for_a_generator(fake: object, use: ResultUse | None, expected: list[bool]) -> None:
    assert [each.sure for each in RETURNS.against_generator(look(fake), use)] == expected


def test_the_words() -> None:
    (found,) = RETURNS.differences(look({"id": 1}), shape(None, Receipt()), HANDED_ON)
    assert found.text == f"returns dict, where the real one returns None and {name(Receipt)}"
    (found,) = RETURNS.differences(look((1, 2)), shape((1, 2, 3)), HANDED_ON)
    assert found.text == "returns a tuple of 2, where that of the real one has 3"
    (found,) = RETURNS.differences(look([1]), shape(["x"]), HANDED_ON)
    assert found.text == "returns a list of int, where that of the real one holds str"
