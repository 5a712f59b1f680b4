"""What values hold, read without running the user's code."""

from __future__ import annotations

import datetime as dt
import enum
import math
import uuid
from collections import deque
from dataclasses import dataclass
from decimal import Decimal

import pytest

from dryfit.probes.jsonable import CUT, is_opaque, jsonable, text_of


class Colour(enum.Enum):
    RED = 1


@dataclass
class Order:
    what: str
    password: str = "hunter2"


class Hostile:
    def __init__(self):
        self.kept = 1

    def __getattribute__(self, name):
        raise AssertionError("nobody asks")

    __eq__ = __hash__ = __repr__ = __str__ = __getattribute__


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (math.nan, "nan"),
        (Decimal("1.50"), "1.50"),
        (b"x", "x"),
        (b"\xff", "<1 bytes a8100ae6aa19>"),
        (dt.date(2024, 2, 29), "2024-02-29"),
        (dt.datetime(2024, 2, 29, 12, tzinfo=dt.UTC), "2024-02-29T12:00:00+00:00"),
        (dt.timedelta(seconds=90), 90.0),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Colour.RED, f"{__name__}.Colour.RED"),
        ((1, [2]), [1, [2]]),
        (deque([1]), [1]),
        ({"b", "a"}, ["a", "b"]),
        ({1: "x", ("a", 2): "y"}, {"1": "x", '["a", 2]': "y"}),
        (print, "<builtin_function_or_method>"),
    ],
)
def test_what_is_told(value, told):
    assert jsonable(value) == told


def test_secrets_are_a_few_digits():
    told = jsonable(Order("tea"))
    assert told["what"] == "tea"
    assert told["password"].startswith("<secret ")
    assert "hunter2" not in text_of(told)
    assert jsonable("hunter2", "password") == told["password"]


def test_nothing_of_the_users_runs():
    assert jsonable([Hostile()]) == [{"<type>": f"{__name__}.Hostile", "kept": 1}]


def test_cycles_and_depths_are_cut():
    cycle = [1]
    cycle.append(cycle)
    assert jsonable(cycle) == [1, CUT]
    deep = [[[[[[[[1]]]]]]]]
    assert CUT in text_of(jsonable(deep))


def test_attributes_can_be_left_out():
    assert jsonable(Order("tea"), kept=lambda name, value: name == "what")["what"] == "tea"
    assert "password" not in jsonable(Order("tea"), kept=lambda name, value: name == "what")


def test_what_cannot_be_looked_into():
    assert [is_opaque(value) for value in (print, test_what_is_told, object(), 1, {}, Order("x"))] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]
