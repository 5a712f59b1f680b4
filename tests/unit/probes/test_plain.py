"""Copies of plain values: the same content, nothing shared that can change, and no code of the user's."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections import OrderedDict, namedtuple
from dataclasses import dataclass, field
from decimal import Decimal
from types import SimpleNamespace
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dryfit.probes.plain import LONGEST_TEXT, MOST_VALUES, NotPlainError, copied, copied_instance, likeness

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.decimals()
    | st.dates() | st.datetimes() | st.timedeltas() | st.uuids()
)  # fmt: skip
plain = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3) | st.tuples(inner, inner)
    ),
    max_leaves=8,
)


@given(plain)
def test_a_copy_is_alike(value: object) -> None:
    assert likeness(copied(value)) == likeness(value)
    assert repr(copied(value)) == repr(value)


@given(plain, plain)
def test_what_is_alike_reads_alike(one: object, other: object) -> None:
    if likeness(one) == likeness(other):
        assert type(one) is type(other)
    if repr(one) == repr(other):
        assert likeness(one) == likeness(other)


class Colour(enum.Enum):
    RED = 1


class Point(NamedTuple):
    x: int
    tags: list[str]


Pair = namedtuple("Pair", "left right")


class Explodes(Exception):
    """Some code of the user's ran."""


@dataclass
class Line:
    sku: str
    parts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        raise Explodes

    def __copy__(self) -> Line:
        raise Explodes

    __deepcopy__ = __reduce__ = __getattribute__ = __setattr__ = __eq__ = __hash__ = __copy__  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Slotted:
    name: str
    parts: list[str]


def made(cls: type, **attributes: object) -> object:
    value = object.__new__(cls)
    object.__getattribute__(value, "__dict__").update(attributes)
    return value


def test_of_a_dataclass_only_its_content_is_read() -> None:
    line = made(Line, sku="tea", parts=["leaf"])

    copy = copied(line)

    kept = object.__getattribute__(copy, "__dict__")
    assert type(copy) is Line
    assert kept == {"sku": "tea", "parts": ["leaf"]}
    assert kept["parts"] is not object.__getattribute__(line, "__dict__")["parts"]
    assert likeness(copy) == likeness(line)


@pytest.mark.parametrize(
    "value",
    [
        *(SimpleNamespace(name="a", parts=["b"]), SimpleNamespace()),
        *(
            Colour.RED,
            Slotted("a", ["b"]),
            Point(1, ["a"]),
            Pair(1, [2]),
            {1, 2},
            frozenset({"a"}),
            {(1, "a"): []},
        ),
        *(
            dt.datetime(2024, 1, 1, tzinfo=dt.UTC),
            dt.time(1, tzinfo=ZoneInfo("Europe/Berlin")),
            uuid.UUID(int=1),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_else_is_plain(value: object) -> None:
    assert copied(value) == value
    assert type(copied(value)) is type(value)


def test_inner_containers_are_not_shared() -> None:
    point = Point(1, ["a"])
    copied(point).tags.append("b")
    assert point.tags == ["a"]


class Zone(dt.tzinfo):
    def utcoffset(self, moment: dt.datetime | None) -> dt.timedelta:
        raise Explodes


class Key:
    def __hash__(self) -> int:
        return 1


CYCLE: list[object] = []
CYCLE.append(CYCLE)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (object(), "a value of type object"),
        ([open], "a value of type builtin_function_or_method"),
        ({"a": {1: Key()}}, f"a value of type {__name__}.Key"),
        ({Key(): 1}, f"a container with keys of type {__name__}.Key"),
        ({Colour.RED: 1}, f"a container with keys of type {__name__}.Colour"),
        (OrderedDict(a=1), "a value of type collections.OrderedDict"),
        (type("Text", (str,), {})("a"), f"a value of type {__name__}.Text"),
        (dt.datetime(2024, 1, 1, tzinfo=Zone()), f"a time in the zone of a {__name__}.Zone"),
        (ValueError("a"), "a value of type ValueError"),
        (CYCLE, "a value that is too large"),
        ([0] * MOST_VALUES, "a value that is too large"),
        (set(range(MOST_VALUES + 1)), "a value that is too large"),
        ("a" * (LONGEST_TEXT + 1), "a value that is too large"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_nothing_else_is_plain(value: object, reason: str) -> None:
    with pytest.raises(NotPlainError) as caught:
        copied(value)
    assert str(caught.value) == reason


def test_the_types_of_what_is_alike_are_the_same() -> None:
    kinds: list[object] = [1, 1.0, True, Decimal(1), "1", b"1", [1], (1,), {1}, {1: 1}, Pair(1, 1), (1, 1)]
    kinds += [SimpleNamespace(a=1), SimpleNamespace(a=2), SimpleNamespace(b=1)]
    assert len({likeness(value) for value in kinds}) == len(kinds)


class Fake:
    def __init__(self) -> None:
        self.kept = {"tea": 3}

    def __getattr__(self, name: str) -> object:
        raise Explodes


def test_an_instance_is_copied_by_its_attributes() -> None:
    fake = Fake()
    copy = copied_instance(fake)
    copy.kept["rum"] = 1
    assert fake.kept == {"tea": 3}


@pytest.mark.parametrize("base", [dict, Exception, list])
def test_an_instance_of_what_is_written_in_c_is_not_copied(base: type) -> None:
    with pytest.raises(NotPlainError):
        copied_instance(type("Fake", (base,), {})())
