"""Values against type hints: what contradicts, what does not, and what is skipped with its reason."""

# ruff: noqa: UP006, UP007, UP045, RUF013 - the old spellings are under test too

from __future__ import annotations

import collections.abc as abc
import datetime as dt
import enum
import functools
import os
import sys
import typing as t
from abc import ABC
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import MethodType, SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
import sqlalchemy

from dryfit.model.trace import Observations, Violation
from dryfit.probes.agreement import agreement

if TYPE_CHECKING:
    from fractions import Fraction

    from nowhere_to_be_found import Ghost  # type: ignore[import-not-found]


class Colour(enum.Enum):
    RED = "red"


class Base:
    pass


class Derived(Base):
    pass


class Declared(Base):
    """Tells a type checker what was put into an object of its base."""

    owner: str


class DeclaredMore(Declared):
    address: str


@dataclass
class Order:
    number: int


@dataclass
class PaidOrder(Order):
    receipt: str


class Record:
    name: str


class Abstract(ABC):  # noqa: B024 - what is registered with it is the point
    pass


class Virtual:
    pass


Abstract.register(Virtual)


class Quacks(t.Protocol):
    def quack(self) -> None: ...


class Liar:
    @property
    def __class__(self) -> Any:
        raise AssertionError("asked")


class Choosy(type):
    def __instancecheck__(cls, value: object) -> bool:
        raise AssertionError("asked")


class Chosen(metaclass=Choosy):
    pass


class Movie(t.TypedDict):
    name: str
    year: t.NotRequired[int]


UserId = t.NewType("UserId", int)
T = t.TypeVar("T")

with sqlalchemy.create_engine("sqlite://").connect() as connection:
    RESULT = connection.execute(sqlalchemy.select(sqlalchemy.literal(1)))

AGREE = [
    (int, 1),
    (int, True),
    (float, 1),
    (complex, 1.5),
    (bytes, bytearray()),
    (object, Liar()),
    (t.Any, 1),
    (None, None),
    (t.Optional[int], None),
    (int | str, "a"),
    (t.Union[int, str], 1),
    (UserId, 5),
    (t.Annotated[int, "metadata"], 5),
    (t.Literal["a", 1, None], None),
    (t.Literal[Colour.RED], Colour.RED),
    (list[int], [1, 2]),
    (list[T], ["a"]),
    (t.List[int], [1]),
    (dict[str, int], {"a": 1}),
    (dict, {1: 2}),
    (tuple[int, ...], (1, 2)),
    (tuple[int, str], (1, "a")),
    (tuple[()], ()),
    (set[int], {1}),
    (abc.Sequence[int], (1, 2)),
    (abc.Sequence[str], "text"),
    (abc.Iterable[int], range(3)),
    (str | os.PathLike[str], Path("a")),
    (abc.Mapping[str, int], {"a": 1}),
    (abc.Sequence[int], Liar()),
    (abc.Callable[[int], int], len),
    (abc.Callable, partial(len)),
    (type[Base], Derived),
    (type, int),
    (Base, Derived()),
    (Declared, Base()),
    (DeclaredMore, Derived()),
    (Base, Mock()),
    (Base, Liar()),
    (Abstract, Virtual()),
    (Chosen, 5),
    (Quacks, 5),
    (T, 5),
    (Movie, {"name": "x"}),
    (t.LiteralString, "x"),
    (t.TypeGuard[int], True),
    (t.Self, 5),
    (dt.date, dt.datetime(2024, 1, 1)),
    (type[Base], list[int]),
    (type, int | None),
    (type[t.Any], t.Literal["a"]),
    (Decimal, Decimal(1)),
    (list["int | Ghost"], [1]),
    (bool, sqlalchemy.literal(1) == 1),
    (int, sqlalchemy.func.count()),
    (int, sqlalchemy.column("id")),
    (Base, type("Base", (), {"__module__": __name__})()),
]
DISAGREE = [
    (int, "1", "str"),
    (int, 1.0, "float"),
    (str, None, "NoneType"),
    (float, "1.5", "str"),
    (float, Decimal(1), "decimal.Decimal"),
    (Decimal, 1.5, "float"),
    (bool, 1, "int"),
    (None, 1, "int"),
    (t.Optional[int], "x", "str"),
    (int | None, 1.5, "float"),
    (UserId, "5", "str"),
    (t.Annotated[int, "metadata"], "5", "str"),
    (t.Literal["a"], "b", "another str"),
    (t.Literal[1], True, "bool"),
    (t.Literal[Colour.RED], 5, "int"),
    (list[int], [1, "2"], "str in list"),
    (list[int], (1,), "tuple"),
    (dict[str, int], {"a": "b"}, "str in dict"),
    (dict[str, int], {1: 1}, "int in dict"),
    (tuple[int, ...], (1, "a"), "str in tuple"),
    (tuple[int, str], (1,), "tuple of 1"),
    (tuple[int, str], (1, 2), "int in tuple"),
    (list[dict[str, list[int]]], [{"a": [1.5]}], "float in list in dict in list"),
    (abc.Sequence[int], 5, "int"),
    (abc.Iterable[int], [1, "a"], "str in list"),
    (str | os.PathLike[str], 1, "int"),
    (abc.Mapping[str, int], [1], "list"),
    (abc.Callable[[int], int], 5, "int"),
    (type[Base], 5, "int"),
    (Derived, Base(), f"{__name__}.Base"),
    (Declared, 5, "int"),
    (PaidOrder, Order(1), f"{__name__}.Order"),
    (Record, Base(), f"{__name__}.Base"),
    (Abstract, 5, None),
    (Colour, "red", "str"),
    (Movie, {"year": 5}, "dict without 'name'"),
    (Movie, [], "list"),
    (t.NoReturn, 5, "int"),
    (dt.datetime, dt.date(2024, 1, 1), "datetime.date"),
    (list[int], sqlalchemy.select(sqlalchemy.literal(1)), "sqlalchemy.sql.selectable.Select"),
    (list[int], RESULT, "sqlalchemy.engine.cursor.CursorResult"),
    (list[int], RESULT.scalars(), "sqlalchemy.engine.result.ScalarResult"),
]


@pytest.mark.parametrize(("hint", "value"), AGREE, ids=map(str, range(len(AGREE))))
def test_agreement(hint: object, value: object) -> None:
    assert agreement(hint).check(value) is None


@pytest.mark.parametrize(("hint", "value", "found"), DISAGREE, ids=map(str, range(len(DISAGREE))))
def test_disagreement(hint: object, value: object, found: str | None) -> None:
    assert agreement(hint).check(value) == found


@pytest.mark.parametrize("hint", [Quacks, T, Chosen, list[T], t.IO[str], t.ParamSpec("P")])
def test_what_is_left_unchecked_is_said(hint: object) -> None:
    agreed = agreement(hint)
    assert len(agreed.unchecked) == 1
    assert agreed.open


def test_elements_of_other_containers_are_not_iterated() -> None:
    class Sly(list[Any]):
        def __iter__(self) -> t.Iterator[Any]:
            raise AssertionError("asked")

    assert agreement(list[int]).check(Sly(["a"])) is None


def told(seen: Observations) -> list[tuple[str, str, str]]:
    return [(it.where, it.hint, it.found) for it in seen.incidents if isinstance(it, Violation)]


def test_arguments_and_results_are_checked(stage: Any) -> None:
    @stage.of("payment")
    def pay(amount: Decimal, note: str = None, *rest: int, **options: int) -> str:  # type: ignore[assignment]
        return 5  # type: ignore[return-value]

    pay(1.5, None, 1, "2", retries="many")
    assert told(stage.end()) == [
        ("amount", "Decimal", "float"),
        ("rest", "int", "str"),
        ("options", "int", "str"),
        ("return", "str", "int"),
    ]


def test_every_new_fingerprint_is_checked(stage: Any) -> None:
    @stage.of("payment")
    def pay(amount: int) -> None: ...

    for number in range(1000):
        pay("777" if number == 777 else number)
    assert told(stage.end()) == [("amount", "int", "str")]


def test_a_rare_outcome_is_checked(stage: Any) -> None:
    @stage.of("payment")
    def pay(amount: int) -> int:
        return "777" if amount == 777 else amount  # type: ignore[return-value]

    for number in range(1000):
        pay(number)
    assert told(stage.end()) == [("return", "int", "str")]


def test_what_the_callee_refuses_is_no_contradiction(stage: Any) -> None:
    @stage.of("payment")
    def pay(amount: int) -> None:
        if type(amount) is not int:
            raise TypeError(amount)

    with pytest.raises(TypeError):
        pay("five")
    assert told(stage.end()) == []


def test_an_operator_may_pass_the_question_on(stage: Any) -> None:
    @stage.of("money")
    def __eq__(one: object, other: object) -> bool:
        return NotImplemented

    __eq__(1, 2)
    assert told(stage.end()) == []


def test_a_wrapper_is_not_held_to_the_hints_that_it_copied(stage: Any) -> None:
    def pay(amount: int) -> int:
        return amount

    @functools.wraps(pay)
    def from_text(amount: object) -> object:
        return str(pay(int(str(amount))))

    stage.of("payment")(from_text)("5")
    assert told(stage.end()) == []


def test_the_default_itself_never_contradicts(stage: Any) -> None:
    marker: Any = object()

    @stage.of("api")
    def handler(session: int = marker, *, user: str = marker) -> None: ...

    handler()
    assert told(stage.end()) == []


def test_a_name_imported_for_typing_only_is_found_where_it_is_loaded(stage: Any) -> None:
    import fractions

    assert "fractions" in sys.modules

    @stage.of("payment")
    def pay(share: Fraction, ghost: Ghost, wrong: Undefined) -> None: ...  # type: ignore[name-defined]  # noqa: F821

    pay(0.5, 1, 2)
    pay(fractions.Fraction(1, 2), 1, 2)
    seen = stage.end()
    assert told(seen) == [("share", "Fraction", "float")]
    assert [(it.what, it.reason) for it in seen.skipped] == [
        ("payment.pay: parameter ghost", "the name 'Ghost' cannot be resolved"),
        ("payment.pay: parameter wrong", "the name 'Undefined' cannot be resolved"),
    ]


def test_a_name_of_the_enclosing_function_is_found_in_the_closure(stage: Any) -> None:
    class Local:
        pass

    @stage.of("payment")
    def pay(amount: Local) -> object:
        return Local

    pay(5)
    assert told(stage.end()) == [("amount", "Local", "int")]


def test_an_annotation_that_raises_is_skipped(stage: Any) -> None:
    @stage.of("payment")
    def pay(amount: 1 / 0) -> None: ...  # type: ignore[valid-type]

    pay(5)
    assert [it.reason for it in stage.end().skipped] == [
        "the annotation cannot be evaluated (ZeroDivisionError)"
    ]


def test_a_hint_that_raises_is_skipped(stage: Any) -> None:
    class Meta(type):
        def __hash__(cls) -> int:
            raise ZeroDivisionError

    class Odd(metaclass=Meta):
        pass

    @stage.of("payment")
    def pay(amount: Odd) -> object:
        return Odd

    pay(5)
    assert [it.reason for it in stage.end().skipped] == ["the hint cannot be read (ZeroDivisionError)"]


def test_generators_have_no_result_to_check(stage: Any) -> None:
    @stage.of("stock", kind="generator")
    def rows() -> abc.Iterator[int]:
        return None  # type: ignore[return-value]

    rows()
    assert told(stage.end()) == []


def test_what_a_stand_in_returns_is_checked_against_the_hint_of_the_real_one(stage: Any) -> None:
    @stage.of("stock", kind="stand-in", stands_for="stock.rows")
    def mocked(count: int) -> int:
        return "x"  # type: ignore[return-value]

    mocked("y")  # its own parameters are nobody's business
    (violation,) = [each for each in stage.end().incidents if isinstance(each, Violation)]
    assert (violation.where, violation.hint, violation.found) == ("return", "int", "str")
    assert violation.stand_in == "replacement"


def test_of_a_stand_in_only_plain_values_are_checked(stage: Any) -> None:
    made: list[object] = []

    @stage.of("stock", kind="stand-in", stands_for="stock.first")
    def first() -> Node:
        return made.pop()  # type: ignore[return-value]

    async def later() -> str:
        return "x"

    coroutine = later()
    made += [coroutine, Mock(), object(), Base()]
    for _ in range(4):
        first()
    coroutine.close()
    assert told(stage.end()) == []
    made += [("a", "pair"), {"next": None}]
    first(), first()
    assert sorted(told(stage.end())) == [("return", "Node", "dict"), ("return", "Node", "tuple")]


def test_objects_that_a_stand_in_returns_in_a_container_are_not_checked(stage: Any) -> None:
    made: list[object] = []

    @stage.of("stock", kind="stand-in", stands_for="stock.all")
    def all_of_them() -> list[Node]:
        return made.pop()  # type: ignore[return-value]

    made += [[Base()], [SimpleNamespace(next=None)]]
    for _ in range(2):
        all_of_them()
    assert told(stage.end()) == []
    made += [["a name"], [Decimal(1)], [None]]
    for _ in range(3):
        all_of_them()
    found = [("return", "list[Node]", f"{each} in list") for each in ("NoneType", "decimal.Decimal", "str")]
    assert sorted(told(stage.end())) == found


class Nodes:
    def __iter__(self) -> abc.Iterator[Base]:
        return iter([Base()])


class Level(enum.StrEnum):
    LOW = "low"


def test_a_list_may_stand_for_an_object_that_is_gone_through(stage: Any) -> None:
    made: list[object] = []

    @stage.of("stock", kind="stand-in", stands_for="stock.nodes")
    def nodes() -> Nodes | None:
        return made.pop()  # type: ignore[return-value]

    @stage.of("stock", kind="stand-in", stands_for="stock.level")
    def level() -> Level:
        return ["low"]  # type: ignore[return-value]

    made += [[Base()], (Base(),), [], {1}]
    for _ in range(4):
        nodes()
    assert told(stage.end()) == []
    made += ["a text", {"a": "mapping"}]
    nodes(), nodes(), level()
    found = [
        ("return", "Level", "list"),
        ("return", "Nodes | None", "dict"),
        ("return", "Nodes | None", "str"),
    ]
    assert sorted(told(stage.end())) == found


def test_what_stands_for_a_generator_has_no_result_to_check(stage: Any) -> None:
    @stage.of("stock", kind="stand-in", stands_for="stock.rows")
    def rows() -> abc.Iterator[int]:
        yield 1

    assert next(rows()) == 1
    assert told(stage.end()) == []


@dataclass
class Node:
    next: Node | None


def test_a_hint_may_be_recursive(stage: Any) -> None:
    @stage.of("stock")
    def take(node: Node) -> None: ...

    take(Node(None))
    take(None)
    assert told(stage.end()) == [("node", "Node", "NoneType")]


def test_of_a_set_the_same_is_told_whatever_its_order() -> None:
    check = agreement(set[str]).check
    values = [1, 2.5, b"x", (), None, "right"]
    assert {check(set(values)), check({*values, *range(20)}), check({*values[::-1]})} == {"NoneType in set"}
    assert agreement(frozenset[int]).check(frozenset({"a", b"b"})) == "bytes in frozenset"
    assert agreement(list[int]).check(["a", b"b"]) == "str in list"


def test_a_class_made_at_run_time_is_told_by_its_lasting_base(stage: Any) -> None:
    made = type(f"Wrapped-{id(stage):x}", (Base,), {"__module__": "dryfit.probes.hints"})

    @stage.of("stock")
    def take(count: int) -> None: ...

    take(made())
    assert told(stage.end()) == [("count", "int", f"a subclass of {__name__}.Base")]


def test_what_is_noted_beside_a_type_is_no_part_of_its_text(stage: Any) -> None:
    def take(count: int, limit: str) -> None: ...

    take.__annotations__ = {"count": t.Annotated[int, object()], "limit": Abstract}
    stage.of("stock")(take)(1.5, 5)
    assert told(stage.end()) == [("count", "int", "float")]


@pytest.mark.parametrize(
    ("hint", "text"),
    [
        (t.Optional[int], "int | None"),
        (t.Union[int, bytes, None], "int | bytes | None"),
        (t.Optional[t.Callable[[int], t.Optional[bytes]]], "Callable[[int], bytes | None] | None"),
        (t.Dict[bytes, t.Union[int, "Node"]], "Dict[bytes, int | ForwardRef('Node')]"),
        (t.Literal["Union[int]"], "Literal['Union[int]']"),
        ("t.Optional[int]", "t.Optional[int]"),
    ],
)  # fmt: skip
def test_a_union_has_the_same_text_on_every_python(stage: Any, hint: object, text: str) -> None:
    def take(count: object) -> None: ...

    take.__annotations__ = {"count": hint}
    stage.of("stock")(take)(2.5)
    assert told(stage.end()) == [("count", text, "float")]


def test_another_value_of_a_default_that_contradicts_the_hint_is_no_news(stage: Any) -> None:
    class Marker:
        pass

    @stage.of("api")
    def handler(session: int = Marker(), limit: int = 5) -> None: ...  # type: ignore[assignment]

    handler(Marker())
    handler(1, "5")
    assert told(stage.end()) == [("limit", "int", "str")]


def by_tests(seen: Observations) -> list[tuple[str, bool]]:
    return [(it.where, it.by_tests) for it in seen.incidents if isinstance(it, Violation)]


@pytest.mark.parametrize(
    ("hint", "brought_in"), [(None, True), (t.Any, True), (int, True), (str, False), (str | int, False)]
)
def test_a_value_that_is_only_handed_on_is_told_from_one_that_was_declared(
    stage: Any, hint: object, brought_in: bool
) -> None:
    @stage.of("stock")
    def take(count: int) -> None: ...

    def order(number: object) -> None:
        take(number)

    order.__annotations__ = {} if hint is None else {"number": hint}
    stage.of("order")(order)("777")
    taken = [found for found in by_tests(stage.end()) if found[0] == "count"]
    assert taken == [("count", brought_in)]


def test_a_value_in_a_container_is_followed(stage: Any) -> None:
    @stage.of("stock")
    def take(count: int) -> None: ...

    @stage.of("order")
    def order(lines: list[dict[str, Any]], total: str) -> None:
        take(lines[0]["count"])

    order([{"count": "777"}], "5")
    assert by_tests(stage.end()) == [("count", True)]


def test_a_value_that_a_component_made_is_its_own(stage: Any) -> None:
    @stage.of("stock")
    def take(count: int) -> None: ...

    @stage.of("order")
    def order(number) -> None:  # type: ignore[no-untyped-def]
        take(f"{number}")

    order(777)
    assert by_tests(stage.end()) == [("count", False)]


def test_nothing_is_everywhere(stage: Any) -> None:
    @stage.of("stock")
    def take(count: int) -> None: ...

    @stage.of("order")
    def order(coupon) -> None:  # type: ignore[no-untyped-def]
        take(None)

    @stage.of("order")
    def order_count(count) -> None:  # type: ignore[no-untyped-def]
        take(count)

    order(None)
    order_count(None)
    assert by_tests(stage.end()) == [("count", False), ("count", True)]


def test_what_a_component_in_between_declares_counts(stage: Any) -> None:
    @stage.of("stock")
    def take(count: int) -> None: ...

    @stage.of("basket")
    def collect(count: str) -> None:
        take(count)

    @stage.of("order")
    def order(count) -> None:  # type: ignore[no-untyped-def]
        collect(count)

    order("777")
    assert by_tests(stage.end()) == [("count", False)]


class Bank:
    """Has the things that a test gave it."""

    __module__ = "payment"

    def __init__(self, gateway: object) -> None:
        self.gateway = gateway


def handmade(amount: int) -> str:
    return "paid"


HANDMADE = [
    handmade,
    partial(handmade, 5),
    (text for text in ["paid"]),
    MethodType(handmade, 5),
    Base(),
    Base,
    Mock,
    [Base()],
]


@pytest.mark.parametrize("gateway", HANDMADE, ids=map(str, range(len(HANDMADE))))
def test_what_a_test_gets_may_rest_on_an_object_of_its_own(stage: Any, gateway: object) -> None:
    @stage.of("payment")
    def pay(bank: Bank) -> int:
        return "paid"  # type: ignore[return-value]

    pay(Bank(None))
    pay(Bank(gateway))
    assert by_tests(stage.end()) == [("return", False), ("return", True)]


def test_what_a_component_gets_rests_on_the_arguments_alone(stage: Any) -> None:
    @stage.of("payment")
    def pay(bank: object) -> int:
        return "paid"  # type: ignore[return-value]

    @stage.of("order")
    def order(bank: object) -> None:
        pay(bank)

    order(Bank(handmade))
    order(Base())
    assert by_tests(stage.end()) == [("return", False), ("return", True)]


def test_a_component_that_works_for_an_object_of_the_tests_may_have_a_value_from_there(stage: Any) -> None:
    @stage.of("stock")
    def take(count: int) -> None: ...

    @stage.of("order")
    def order(basket: object) -> None:
        take(f"{basket}")  # type: ignore[arg-type]

    order(Bank(Base()))
    order(Base())
    assert by_tests(stage.end()) == [("count", False), ("count", True)]


@pytest.mark.parametrize(
    ("module", "brought_in"),
    [("tests.fakes", True), ("t.mocks", True), ("test_filters", True), ("conftest", True),
     ("shop._tests.of_order", True), ("testing", False), ("shop.testing", False), ("latest.news", False),
     ("shop.t", False)],
)  # fmt: skip
def test_an_object_of_a_class_of_the_tests_is_theirs(stage: Any, module: str, brought_in: bool) -> None:
    made = type("Fake", (), {"__module__": module, "__qualname__": "make.<locals>.Fake"})

    @stage.of("stock")
    def take(counts: list[int]) -> None: ...

    @stage.of("order")
    def order() -> None:
        take([made()])  # type: ignore[list-item]

    order()
    assert by_tests(stage.end()) == [("counts", brought_in)]


def test_an_object_that_was_filled_by_hand_is_the_tests(stage: Any) -> None:
    @stage.of("payment")
    def gateway() -> Bank:
        return SimpleNamespace(gateway=None)  # type: ignore[return-value]

    gateway()
    assert by_tests(stage.end()) == [("return", True)]


def test_a_result_for_which_a_stand_in_answered_below_is_the_tests(stage: Any) -> None:
    @stage.of("stock", kind="stand-in", stands_for="stock.free")
    def mocked() -> int:
        return 5

    @stage.of("order")
    def reserve(for_real: str) -> int:
        return str(5 if for_real else mocked())  # type: ignore[return-value]

    reserve("yes")
    reserve("")
    assert by_tests(stage.end()) == [("return", False), ("return", True)]
