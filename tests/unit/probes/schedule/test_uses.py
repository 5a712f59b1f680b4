"""Locks of libraries by which operations cannot tell that others use them are in nobody's way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import combinations

import pytest

from dryfit.model.interleaving import Choose, Footprint
from dryfit.probes.schedule import Turns, serial

USE = """
def {name}(lock, block=True, then=lambda: None):
    with lock:
        then()
"""


def used_in(module: str, name: str = "use") -> Callable[..., None]:
    """A function of a library's module that uses a lock."""
    namespace: dict[str, object] = {"__name__": module}
    exec(USE.format(name=name), namespace)
    return namespace[name]


def do_orders_matter(turns: Turns, *operations: Callable[[], object], choose: Choose | None = None) -> bool:
    """Whether an operation touches what the other one does."""
    interleaving, _ = turns.run(operations, choose or serial((0, 1)))
    assert interleaving.ending == "completed"
    assert (choose is None) == all(step.kind != "blocked" for step in interleaving.steps)
    return any(
        one.footprint.depends_on(other.footprint)
        for one, other in combinations(interleaving.moves, 2)
        if one.chosen != other.chosen
    )


@pytest.mark.parametrize(
    ("module", "name", "block", "matters"),
    [
        ("psycopg.connection", "use", True, False),  # of a package
        ("asyncio.mixins", "use", True, False),  # of a module
        ("asyncio.queues", "use", True, True),
        ("sqlalchemy.util.queue", "put", True, False),
        ("sqlalchemy.util.queue", "get", False, False),
        ("sqlalchemy.util.queue", "get", True, True),  # it waits for what others give back
        ("requests.adapters", "use", True, True),
    ],
)
def test_orders_differ_by_a_librarys_lock_only_where_that_can_be_told(
    told: Turns, module: str, name: str, block: bool, matters: bool
) -> None:
    use, lock = used_in(module, name), threading.Lock()

    def operation() -> None:
        told.point("line", footprint=Footprint())
        use(lock, block)
        told.point("line", footprint=Footprint())

    assert do_orders_matter(told, operation, operation) is matters


@pytest.mark.parametrize(("module", "matters"), [("psycopg.connection", False), ("requests.adapters", True)])
def test_who_waits_for_such_a_lock_is_not_in_the_way_of_who_uses_another(
    told: Turns, along: Callable[..., Choose], module: str, matters: bool
) -> None:
    use, use_another, lock = used_in(module), used_in("requests.adapters"), threading.Lock()

    def first() -> None:
        use(lock, then=lambda: told.point("line", footprint=Footprint()))
        use_another(threading.Lock())

    second_waits = along((0, 1))
    assert do_orders_matter(told, first, lambda: use(lock), choose=second_waits) is matters
