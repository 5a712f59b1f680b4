"""Rooms on floors: order, folding, arrows."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from dryfit.model.run import Run
from dryfit.report.graph import fold, graph, order

names = st.from_regex(r"[a-c](\.[a-c]){0,3}", fullmatch=True)
floors = st.dictionaries(names, st.integers(0, 4), max_size=40)


def test_the_shop_stands_on_its_floors(shop: Run) -> None:
    rows = [{room.label for room in row} for row in graph(shop.project).rows]
    assert rows == [
        {"api"},
        {"order"},
        {"inventory", "payment"},
        {"auth", "catalog", "notification_service", "payment_gateway"},
    ]


def test_an_import_without_a_call_is_an_arrow_without_seams(shop: Run) -> None:
    (only,) = [arrow for arrow in graph(shop.project).arrows if not arrow.seams]
    assert (only.caller, only.callee, only.sites) == ("api", "payment", 0)


def test_seams_are_counted_by_callable_and_sites_by_line(shop: Run) -> None:
    counts = {
        (arrow.caller, arrow.callee): (arrow.seams, arrow.sites) for arrow in graph(shop.project).arrows
    }
    assert counts["api", "catalog"] == (1, 2)
    assert counts["order", "inventory"] == (2, 2)


def test_neighbours_lie_above_each_other() -> None:
    levels = {"a": 1, "b": 1, "c": 1, "x": 0, "y": 0, "z": 0}
    place = order(levels, [("a", "z"), ("b", "y"), ("c", "x")])
    assert [place["a"], place["b"], place["c"]] == [place["z"], place["y"], place["x"]]


@given(floors, st.lists(st.tuples(names, names), max_size=40), st.randoms())
def test_the_order_does_not_depend_on_the_order_of_the_input(
    levels: dict[str, int], links: list[tuple[str, str]], random: Random
) -> None:
    expected = order(levels, links)
    shuffled = list(levels.items())
    random.shuffle(shuffled)
    random.shuffle(links)
    assert order(dict(shuffled), links) == expected
    assert set(expected) == set(levels)


@given(floors, st.integers(1, 30))
def test_folding_loses_nobody_and_keeps_the_floors(levels: dict[str, int], most: int) -> None:
    rooms = fold(levels, most)
    assert sorted(member for room in rooms for member in room.members) == sorted(levels)
    assert all(levels[member] == room.floor for room in rooms for member in room.members)
    assert len({room.name for room in rooms}) == len(rooms)
    assert len(rooms) <= max(most, len(set(levels.values())))


def test_packages_are_folded_no_further_than_needed() -> None:
    levels = {f"shop.{package}.part{number}": 0 for package in ("cart", "mail") for number in range(5)}
    assert [room.label for room in fold(levels, 10)] == sorted(levels)
    assert [room.label for room in fold(levels, 9)] == ["shop.cart.* (5)", "shop.mail.* (5)"]
    assert [room.label for room in fold(levels, 1)] == ["shop.* (10)"]


def test_four_hundred_components_become_a_drawing(large: Run) -> None:
    plan = graph(large.project)
    assert len(plan.rooms) == 8
    assert sum(arrow.sites for arrow in plan.arrows) == 875
