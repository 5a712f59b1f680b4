"""Looking tells types and formats, runs nobody's code, and keeps nothing."""

from __future__ import annotations

import asyncio
import datetime as dt
import enum
import gc
import uuid
import weakref
from collections import OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple
from unittest.mock import MagicMock, Mock, create_autospec

import attrs
import pydantic
import pytest
from sqlalchemy import ForeignKey, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from dryfit.model.shape import MOST_FIELDS, Form
from dryfit.probes.look import MOST_VALUES, look
from dryfit.probes.parts import MOST_ITEMS


def form(value: object, name: str = "") -> Form:
    (only,) = look(value, name).forms
    return only


def fields(value: object) -> dict[str, str]:
    return {name: str(shape) for name, shape in form(value).fields}


class Colour(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    HIGH = 3


class Money(Decimal):
    pass


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "bool(true)"),
        (7, "int 7"),
        (2.5, "float 2.5"),
        (float("nan"), "float(not finite)"),
        (10**400, "int(huge)"),
        (Decimal("19.99"), "decimal.Decimal 19.99"),
        (Decimal("sNaN"), "decimal.Decimal(not finite)"),
        ("", "str(empty)"),
        ("0042", "str(digits)"),
        ("plain words", "str(text)"),
        ("a@example.org", "str(email)"),
        ("2024-02-29", "str(iso-date)"),
        ("2024-02-29T10:00:00Z", "str(iso-datetime)"),
        (str(uuid.UUID(int=5)), "str(uuid)"),
        (b"abc", "bytes"),
        (dt.datetime(2024, 1, 1), "datetime.datetime(naive)"),
        (dt.datetime(2024, 1, 1, tzinfo=dt.UTC), "datetime.datetime(aware)"),
        (dt.date(2024, 1, 1), "datetime.date"),
        (dt.timedelta(1), "datetime.timedelta"),
        (Colour.RED, f"{__name__}.Colour(RED)"),
        (Level.HIGH, f"{__name__}.Level(HIGH)"),
        (Money("1.5"), f"{__name__}.Money 1.5"),
        (uuid.UUID(int=5), "uuid.UUID"),
        ([1, 2.5, 3], "list[float 2.5 | int 1..3]"),
        ((1, "a"), "tuple(int 1, str(text))"),
        ({3, 4}, "set[int 3..4]"),
        (deque([1]), "collections.deque[int 1]"),
        ({"id": 1, "name": None}, "dict{id: int 1, name: None}"),
        (defaultdict(list, a=1), "collections.defaultdict{a: int 1}"),
        (OrderedDict(a=1), "collections.OrderedDict{a: int 1}"),
        ({1: "x"}, "dict(int keys)[str(text)]"),
    ],
)
def test_values_that_python_brings(value: object, text: str) -> None:
    assert str(look(value)) == text


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (int, "class"),
        (len, "callable"),
        ("".join, "callable"),
        (lambda: None, "callable"),
        ((n for n in ()), "generator"),
        (Mock(), "stand-in"),
        (MagicMock(), "stand-in"),
        (create_autospec(lambda a: a), "stand-in"),
        (ValueError("x"), "exception"),
        (Path("x"), "object"),
        (asyncio, "object"),
    ],
)
def test_kinds(value: object, kind: str) -> None:
    assert form(value).kind == kind


def test_a_coroutine_is_known_and_left_alone() -> None:
    async def job() -> None: ...

    made = job()
    assert form(made).kind == "coroutine"
    made.close()


@dataclass
class Order:
    id: int
    _private: str = "hidden"


@attrs.define
class Line:
    price: Decimal


class Slotted:
    __slots__ = ("empty", "here")

    def __init__(self) -> None:
        self.here = 1


class Pair(NamedTuple):
    left: int
    right: str


class Model(pydantic.BaseModel):
    amount: Decimal
    note: str | None = None


Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Order(1), {"id": "int 1"}),
        (Line(Decimal(2)), {"price": "decimal.Decimal 2"}),
        (Slotted(), {"here": "int 1"}),
        (Pair(1, "a"), {"left": "int 1", "right": "str(text)"}),
        (Point(1, 2), {"x": "int 1", "y": "int 2"}),
        (Model(amount=Decimal(3)), {"amount": "decimal.Decimal 3", "note": "None"}),
        (KeyError("gone"), {"args": "tuple(str(text))"}),
    ],
)
def test_objects_that_carry_data(value: object, expected: dict[str, str]) -> None:
    assert fields(value) == expected


class Base(DeclarativeBase):
    pass


class Borrower(Base):
    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    orders: Mapped[list[Loan]] = relationship()


class Loan(Base):
    __tablename__ = "purchase"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))


def test_a_row_of_an_orm_loads_nothing() -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    statements: list[str] = []
    with Session(engine) as session:
        session.add(Borrower(id=1, orders=[Loan(id=5)]))
        session.commit()
        row = session.get_one(Borrower, 1)
        event.listen(engine, "before_cursor_execute", lambda *seen: statements.append(seen[2]))
        assert fields(row) == {"id": "int 1"}
        session.expire(row)
        assert fields(row) == {}
    engine.dispose()
    assert statements == []


class Touched(Exception):
    pass


def touch(*_: object, **__: object) -> Any:
    raise Touched


HOOKS = """
__getattr__ __getattribute__ __len__ __iter__ __repr__ __str__ __eq__ __hash__ __bool__ __getitem__ __contains__
__next__ __int__ __float__ __index__ __format__ __instancecheck__ __subclasscheck__ __fspath__ __call__
__length_hint__ __reversed__ keys items values
"""


class HostileMeta(type):
    __getattribute__ = __eq__ = __hash__ = __instancecheck__ = __subclasscheck__ = __len__ = __iter__ = touch  # type: ignore[assignment]
    __module__ = __name__ = property(touch)  # type: ignore[assignment]


def hostile(base: type, metaclass: type = type) -> type:
    body = {
        **dict.fromkeys(HOOKS.split(), touch),
        "__class__": property(touch),
        "lazy": property(touch),
        "__module__": "evil",
    }
    return metaclass(f"Hostile{base.__name__}", (base,), body)


BASES = (
    object,
    dict,
    list,
    tuple,
    set,
    frozenset,
    str,
    bytes,
    int,
    float,
    Decimal,
    dt.datetime,
    ValueError,
    deque,
)


@pytest.mark.parametrize("metaclass", [type, HostileMeta])
@pytest.mark.parametrize("base", BASES, ids=lambda base: base.__name__)
def test_looking_runs_no_code_of_the_user(base: type, metaclass: type) -> None:
    cls = hostile(base, metaclass)
    arguments = (2024, 1, 1) if base is dt.datetime else ()
    value = base.__new__(cls, *arguments)
    assert form(value).type == f"evil.Hostile{base.__name__}"
    assert form([value, {"k": value}, (value,)]).items is not None


def test_a_dict_attribute_that_is_a_property_is_not_read() -> None:
    class Sly:
        __slots__ = ()
        __dict__ = property(touch)  # type: ignore[assignment]

    assert form(Sly()).fields == ()


def test_a_mock_is_not_called() -> None:
    mock = MagicMock()
    look(mock)
    look({"service": mock, "all": [mock]})
    assert mock.mock_calls == []


def test_cycles_and_depth_end() -> None:
    ring: list[object] = []
    ring.append(ring)
    assert str(look(ring)) == "list[list]"
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    assert str(look(deep)).startswith("list[list[")


class Endless:
    def __init__(self) -> None:
        self.next = [Endless.__new__(Endless) for _ in range(3)]


def test_an_object_in_an_ordinary_object_is_not_opened() -> None:
    assert fields(Endless()) == {"next": f"list[{__name__}.Endless]"}


def test_huge_containers_are_looked_at_by_their_first_items() -> None:
    assert str(look(list(range(10**6)))) == f"list[int 0..{MOST_ITEMS - 1}]"
    many = form({f"key_{chr(97 + n // 26)}{chr(97 + n % 26)}": n for n in range(MOST_FIELDS + 1)})
    assert many.fields == ()
    assert many.formats == ("str keys",)


def test_one_look_visits_a_bounded_number_of_values() -> None:
    wide = [[n * 30 + m for m in range(30)] for n in range(30)]
    rows = form(wide).items
    assert rows is not None
    assert str(rows) == "list[int 0..119]", "the row in which the budget ended is the last one opened"
    assert MOST_VALUES < 120 < MOST_VALUES + MOST_ITEMS


SECRETS = "password user_password passwd api_key apiKey X-Api-Key Authorization card cardNumber cvv pin ssn accessToken"


@pytest.mark.parametrize("name", [*SECRETS.split(), "refresh_token", "client_secret"])
def test_secrets_are_never_looked_into(name: str) -> None:
    assert form("hunter2", name) == Form("str", "secret")
    assert form({name: 1234}).fields[0][1].forms == (Form("int", "secret"),)
    assert form({name: "s3cret", "user 1": "ann"}).items is not None
    assert "secret" in str(form({name: "s3cret", "user 1": "ann"}))


@pytest.mark.parametrize("name", ["shipping", "discard", "opinion", "spinner", "amount", "author", "panel"])
def test_harmless_names_are_no_secrets(name: str) -> None:
    assert form("words", name).kind == "text"


def test_no_text_of_the_user_is_kept() -> None:
    told = repr(look({"ann@example.org": "lives here", "note": "quite private", "tags": ["alpha", "beta"]}))
    for text in ("ann", "lives", "quite", "alpha", "beta"):
        assert text not in told


def test_no_reference_is_kept() -> None:
    value = Order(1)
    seen = weakref.ref(value)
    shape = look([value])
    del value
    gc.collect()
    assert seen() is None
    assert shape.forms


def test_functions_are_not_mistaken_for_stand_ins() -> None:
    def plain() -> None: ...

    plain.mock = plain  # type: ignore[attr-defined]
    assert isinstance(plain, FunctionType)
    assert form(plain).kind == "callable"
