"""Plain objects: no database at all."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

import attrs
import pydantic
import pytest

from dryfit.model.errors import ResourceError
from dryfit.resources.builders.maker import Maker

ROOT = Path(__file__).parent


@dataclasses.dataclass
class Address:
    street: str
    city: str


@dataclasses.dataclass
class Person:
    name: str
    email: str
    address: Address
    born: datetime
    nick: str = "none"
    friends: list[Address] = dataclasses.field(default_factory=list)


class Line(pydantic.BaseModel):
    sku: Annotated[str, pydantic.Field(pattern=r"^[A-Z]{3}-\d{4}$")]
    quantity: Annotated[int, pydantic.Field(ge=1, le=9)]


class Invoice(pydantic.BaseModel):
    id: UUID
    total: Annotated[Decimal, pydantic.Field(gt=0, max_digits=8, decimal_places=2)]
    state: Literal["open", "paid"]
    customer: Person
    lines: list[Line]
    remark: str | None = None


@attrs.define
class Parcel:
    weight: float
    city: str


@pytest.fixture
def make() -> Maker:
    return Maker("test", root=ROOT)


def test_values_fit_their_names_and_limits(make: Maker) -> None:
    invoice = make(Invoice)
    assert invoice.customer.email.endswith("@example.com")
    assert " " in invoice.customer.name
    assert invoice.total > 0
    assert invoice.remark is None
    assert (invoice.customer.nick, invoice.customer.friends) == ("none", [])


def test_children_by_number_and_by_values(make: Maker) -> None:
    assert len(make("Invoice", lines=3).lines) == 3
    one, two = make(Invoice, lines=[{"quantity": 2}, Line(sku="ABC-1234", quantity=5)]).lines
    assert (one.quantity, two.sku) == (2, "ABC-1234")
    assert len(make(Person, friends=2).friends) == 2


def test_nested_objects_take_dicts(make: Maker) -> None:
    assert make(Invoice, customer={"address": {"city": "Ghent"}}).customer.address.city == "Ghent"


def test_attrs_classes(make: Maker) -> None:
    parcel = make("Parcel", weight=2.5)
    assert (parcel.weight, bool(parcel.city)) == (2.5, True)


def test_the_same_seed_gives_the_same_objects(make: Maker) -> None:
    again, other = Maker("test", root=ROOT), Maker("other", root=ROOT)
    seen = [make(Invoice, lines=2), make(Invoice), make(Parcel)]
    assert [again(Invoice, lines=2), again(Invoice), again(Parcel)] == seen
    assert other(Invoice, lines=2) != seen[0]
    assert seen[0].id != seen[1].id


def test_an_unknown_field_is_answered_with_the_nearest(make: Maker) -> None:
    with pytest.raises(ResourceError, match="Person has no 'adress'; did you mean 'address'"):
        make(Person, adress=None)


def test_what_cannot_be_made_is_told(make: Maker) -> None:
    with pytest.raises(ResourceError, match="can't be made"):
        make(3)
