"""What operations find goes back, whichever way leads to it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from dryfit.lab.stage import Stage


class Tickets:
    def __init__(self, free: int) -> None:
        self.free = free


def test_all_that_is_compared_is_put_back() -> None:
    tickets = Tickets(1)
    scene = SimpleNamespace(targets=frozenset(), modules={}, objects=[tickets])
    stage = Stage(cast(Any, SimpleNamespace(opened=())), scene, lambda path: True)

    assert stage.take([]) == ""
    tickets.free -= 1
    assert stage.back() == ""

    assert tickets.free == 1
