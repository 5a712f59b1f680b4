"""Arguments that a callee changed are told by what changed, not by value."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from dryfit.model.trace import Mutation


@dataclass
class Order:
    status: str = "new"
    lines: list[int] = field(default_factory=list)
    _cache: int = 0


NOW = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


class Plain:
    status = "new"


def told(stage: Any) -> list[str]:
    return [it.change for it in stage.end().incidents if isinstance(it, Mutation)]


def setting(name: str, value: object) -> Callable[[Any], None]:
    return lambda given: setattr(given, name, value)


@pytest.mark.parametrize(
    ("given", "change", "text"),
    [
        ([1, 2, 3], lambda it: it.clear(), "3 items removed"),
        ([1], lambda it: it.append(2), "1 item added"),
        ([2, 1], lambda it: it.sort(), "order changed"),
        ([1, 2], lambda it: it.__setitem__(0, 5), "items replaced"),
        ({1, 2}, lambda it: it.add(3), "1 item added"),
        ({1}, lambda it: (it.remove(1), it.add(2)), "items replaced"),
        ({"a": 1}, lambda it: it.update(price=2), "key 'price' set"),
        ({"a": 1}, lambda it: it.pop("a"), "key 'a' removed"),
        ({"a": 1}, lambda it: it.update(a=2), "key 'a' changed"),
        ({"ann@example.org": 1}, lambda it: it.clear(), "a key removed"),
        ({5: 1}, lambda it: it.update({6: 1}), "a key set or removed"),
        ({"lines": [1]}, lambda it: it["lines"].append(2), "lines: 1 item added"),
        ([{"price": 1}], lambda it: it[0].update(price=2), "[]: key 'price' changed"),
        (bytearray(b"ab"), lambda it: it.append(1), "1 item added"),
        (Order(), setting("status", "paid"), "attribute 'status' changed"),
        (Order(), lambda it: it.lines.append(1), "lines: 1 item added"),
    ],
)
def test_changes_are_told(stage: Any, given: Any, change: Callable[[Any], object], text: str) -> None:
    @stage.of("stock")
    def take(order: Any) -> None:
        change(order)

    take(given)
    assert told(stage) == [text]


@pytest.mark.parametrize(
    ("given", "change"),
    [
        ([2, 1], lambda it: sorted(it)),
        ({"a": 1}, lambda it: it.update(a=1)),
        ({"a": 1, "b": 2}, lambda it: it.update(a=it.pop("a"))),
        (Order(), setting("_cache", 5)),
        ([Decimal("1.50")], lambda it: it.__setitem__(0, Decimal("1.50"))),
        ({"at": NOW}, lambda it: it.update(at=NOW.replace())),
        (Plain(), setting("status", "paid")),
        ({"token": 1}, lambda it: None),
    ],
)
def test_what_is_no_change_is_not(stage: Any, given: Any, change: Callable[[Any], object]) -> None:
    @stage.of("stock")
    def take(order: Any) -> None:
        change(order)

    take(given)
    assert told(stage) == []


def test_the_receiver_and_gathered_arguments_belong_to_the_callee(stage: Any) -> None:
    @stage.of("stock")
    def take(self: list[int], *rest: object, **options: object) -> None:
        self.append(1)
        options.pop("count")

    take([], 1, 2, count=5)
    assert told(stage) == []


def test_a_coroutine_is_watched_for_containers_only(stage: Any) -> None:
    @stage.of("mail", kind="coroutine")
    async def send(message: dict[str, int], order: Order) -> None:
        order.status = "told"
        await asyncio.sleep(0)
        message["sent"] = 1

    asyncio.run(send({}, Order()))
    assert told(stage) == ["key 'sent' set"]


def test_generators_are_not_watched(stage: Any) -> None:
    @stage.of("stock", kind="generator")
    def take(lines: list[int]) -> None:
        lines.clear()

    take([1])
    assert told(stage) == []


def test_a_change_is_told_where_it_failed_too(stage: Any) -> None:
    @stage.of("stock")
    def take(lines: list[int]) -> None:
        lines.clear()
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        take([1])
    assert told(stage) == ["1 item removed"]


def test_a_change_is_seen_at_whichever_call_it_happens(stage: Any) -> None:
    @stage.of("stock")
    def reserve(lines: list[int]) -> None:
        lines.sort()

    @stage.of("order")
    def order(baskets: tuple[list[int], ...]) -> None:
        for basket in baskets:
            reserve(basket)

    order(tuple([1, 2] if place != 21 else [2, 1] for place in range(30)))
    assert told(stage) == ["order changed"]
