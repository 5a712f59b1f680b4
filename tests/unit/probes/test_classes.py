"""What classes tell of their instances without being asked."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import pytest

from dryfit.model.stand_in import ClassFacts
from dryfit.probes.classes import MOST_NAMES, class_facts


class Meta(type):
    def __getattribute__(cls, name: str) -> object:
        raise AssertionError(f"asked for {name}")


@pytest.fixture
def shop() -> Iterator[types.ModuleType]:
    """A module of that name that is loaded."""
    module = types.ModuleType("a_shop")
    sys.modules["a_shop"] = module
    yield module
    del sys.modules["a_shop"]


class Base:
    declared: int

    def pay(self) -> None: ...


@dataclass
class Receipt(Base):
    cents: int
    KIND: ClassVar[str] = "paid"

    @property
    def total(self) -> int:
        raise AssertionError("nobody is to read it")

    def __len__(self) -> int:
        return 1


class Dynamic:
    def __getattr__(self, name: str) -> int:
        raise AssertionError(f"asked for {name}")


def test_the_names_that_a_class_and_its_bases_define() -> None:
    found = class_facts(f"{__name__}.Receipt")
    assert found is not None
    assert {"cents", "KIND", "total", "pay", "declared", "__len__"} <= set(found.names)
    assert "__init__" not in found.names
    assert found.bases == (f"{__name__}.Base",)
    assert not found.dynamic


def test_a_class_that_answers_for_any_name() -> None:
    found = class_facts(f"{__name__}.Dynamic")
    assert found == ClassFacts(f"{__name__}.Dynamic", (), (), dynamic=True)


def test_a_class_in_a_class(shop: types.ModuleType) -> None:
    shop.Outer = type("Outer", (), {"Inner": Receipt})  # type: ignore[attr-defined]
    found = class_facts("a_shop.Outer.Inner")
    assert found is not None
    assert "cents" in found.names


def test_a_metaclass_is_not_asked(shop: types.ModuleType) -> None:
    shop.Strange = Meta("Strange", (), {"x": 1})  # type: ignore[attr-defined]
    found = class_facts("a_shop.Strange")
    assert found is not None
    assert "x" in found.names


def test_too_many_names_are_as_good_as_any(shop: types.ModuleType) -> None:
    shop.Wide = type("Wide", (), {f"name_{number}": 1 for number in range(MOST_NAMES + 1)})  # type: ignore[attr-defined]
    found = class_facts("a_shop.Wide")
    assert found is not None
    assert (found.dynamic, len(found.names)) == (True, MOST_NAMES)


@pytest.mark.parametrize(
    "name",
    [
        "int",
        "a_shop.Missing",
        "a_shop.number",
        "a_shop.number.real",
        "nowhere_loaded.Receipt",
        "unittest.mock.Mock",
        "",
    ],
)
def test_what_is_no_class_of_anybody(shop: types.ModuleType, name: str) -> None:
    shop.number = 3  # type: ignore[attr-defined]
    assert class_facts(name) is None
