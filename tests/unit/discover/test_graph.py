"""Imports between components, floors and cycles."""

from __future__ import annotations

import grimp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dryfit.discover.graph import cycles, floors, strongly_connected
from dryfit.model.seam import Place
from dryfit.model.structure import ImportEdge

NAMES = "abcdefgh"


def edge(importer: str, imported: str, typing_only: bool = False) -> ImportEdge:
    return ImportEdge(importer, imported, (Place(f"{importer}.py", 1),), typing_only)


graphs = st.sets(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES))).map(
    lambda pairs: tuple(edge(one, other) for one, other in sorted(pairs) if one != other)
)


def reaches(edges: tuple[ImportEdge, ...], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        for each in edges:
            if each.importer == name and each.imported not in found:
                found.add(each.imported)
                waiting.append(each.imported)
    return found


@given(graphs)
def test_an_importer_stands_higher_than_what_it_imports_unless_they_import_each_other(edges):
    found = floors(NAMES, edges)

    for each in edges:
        if each.importer in reaches(edges, each.imported):
            assert found[each.importer] == found[each.imported]
        else:
            assert found[each.importer] > found[each.imported]


@given(graphs)
def test_a_floor_is_no_higher_than_it_must_be(edges):
    found = floors(NAMES, edges)

    for name, floor in found.items():
        circle = {
            other
            for other in NAMES
            if other == name or (other in reaches(edges, name) and name in reaches(edges, other))
        }
        below = [
            found[each.imported] for each in edges if each.importer in circle and each.imported not in circle
        ]
        assert floor == (max(below) + 1 if below else 0)


@given(graphs)
def test_cycles_are_the_groups_that_reach_each_other(edges):
    expected = {
        frozenset(other for other in NAMES if other in reaches(edges, name) and name in reaches(edges, other))
        for name in NAMES
        if name in reaches(edges, name)
    }

    assert {frozenset(cycle.components) for cycle in cycles(NAMES, edges)} == expected


def test_ten_thousand_components_in_a_row_need_no_recursion():
    names = [str(number) for number in range(10_000)]
    below = dict(zip(names, [[name] for name in names[1:]] + [[]], strict=True))

    assert sum(1 for _ in strongly_connected(below)) == 10_000


def test_typing_only_imports_count_for_nothing():
    edges = (edge("a", "b"), edge("b", "a", typing_only=True))

    assert floors("ab", edges) == {"a": 1, "b": 0}
    assert cycles("ab", edges) == ()


def floors_of(project):
    return {component.name: component.floor for component in project.components}


def imports_of(project):
    return {(each.importer, each.imported): each.typing_only for each in project.imports}


def test_floors_of_a_small_shop(tree):
    project = tree.flat(
        api="import order\n",
        order="import payment\nfrom stock import count\n",
        payment="",
        stock="def count(): ...",
    )

    assert floors_of(project) == {"api": 2, "order": 1, "payment": 0, "stock": 0}


def test_an_import_names_its_lines(tree):
    project = tree.flat(
        order="import payment\n\ndef pay():\n    from payment import now\n", payment="now = 1\n"
    )

    (found,) = project.imports
    assert [str(place) for place in found.places] == ["order.py:1", "order.py:4"]


@pytest.mark.parametrize("guard", ["if TYPE_CHECKING:", "if typing.TYPE_CHECKING:"])
def test_type_checking_imports_are_marked(tree, guard):
    source = f"import typing\nfrom typing import TYPE_CHECKING\n{guard}\n    from payment import Payment\n"
    project = tree.flat(order=source, payment="import order\nclass Payment: ...\n")

    assert imports_of(project) == {("order", "payment"): True, ("payment", "order"): False}
    assert floors_of(project) == {"order": 0, "payment": 1}
    assert project.cycles == ()


def test_an_import_in_a_function_closes_a_cycle(tree):
    project = tree.flat(
        order="from payment import pay\n",
        payment="def pay():\n    from order import total\n    return total\n",
    )

    (cycle,) = project.cycles
    assert cycle.components == ("order", "payment")
    assert [str(place) for place in cycle.places] == ["order.py:1", "payment.py:2"]
    assert floors_of(project) == {"order": 0, "payment": 0}


def test_relative_imports(tree):
    project = tree.map(
        {
            "shop/__init__.py": "",
            "shop/order.py": "from . import stock\nfrom .money import euro\n",
            "shop/stock.py": "",
            "shop/money/__init__.py": "from ..stock import x\nfrom . import inner\n",
            "shop/money/inner.py": "from ...above import y\n",
        }
    )

    assert sorted(imports_of(project)) == [
        ("shop.money", "shop.stock"),
        ("shop.order", "shop.money"),
        ("shop.order", "shop.stock"),
    ]
    (problem,) = project.problems
    assert "climbs above the top-level package" in problem.message


def test_a_name_from_a_package_that_hands_on_comes_from_where_it_is_defined(tree):
    project = tree.map(
        {
            "shop/__init__.py": "from shop.stock import count\n",
            "shop/order.py": "from shop import count\n",
            "shop/stock.py": "def count(): ...\n",
        }
    )

    assert sorted(imports_of(project)) == [("shop.order", "shop.stock")]


def test_the_same_imports_as_grimp(tree, monkeypatch):
    files = {
        "gshop/__init__.py": "from gshop.order.lines import Line\nname = 1\n",
        "gshop/order/__init__.py": "from .lines import Line\nfrom ..stock import count\nname = 1\n",
        "gshop/order/lines.py": "import gshop.money\nfrom gshop import stock as s\n",
        "gshop/stock.py": "def count():\n    import gshop.order.lines as lines\n    return lines\n",
        "gshop/money/__init__.py": "import decimal\nfrom . import rates\nname = 1\n",
        "gshop/money/rates.py": "from gshop import money\n",
    }
    project = tree.map(files, "gshop", "gshop.*", "gshop.*.*")
    monkeypatch.syspath_prepend(tree.root)
    graph = grimp.build_graph("gshop", cache_dir=None)

    assert set(imports_of(project)) == {
        (name, other) for name in graph.modules for other in graph.find_modules_directly_imported_by(name)
    }


def test_every_use_of_what_is_imported_is_counted(tree):
    project = tree.flat(
        payment="class Card: ...\ndef pay(): ...\n",
        order="""
            import payment
            from payment import Card as Given

            class Order(Given):
                card: Given

            def checkout(card: Given) -> payment.Card:
                payment = card
                return payment or Given()
        """,
    )
    (edge,) = project.imports

    assert edge.uses == 5
