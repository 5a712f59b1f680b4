"""What becomes of a test that cannot be explored; the exploration itself is made up."""

from __future__ import annotations

from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from dryfit.by_hand import ByHand
from dryfit.lab.at_once import ServerLost


def run(by_hand: ByHand, name: str) -> None:
    """Run a test within the hooks, as pytest does."""
    item = SimpleNamespace(nodeid=name, config=SimpleNamespace(option=SimpleNamespace(setuponly=False)))
    hook = by_hand.pytest_runtest_protocol(item)
    next(hook)
    try:
        by_hand.pytest_runtest_setup()
    finally:
        hook.close()


def test_a_server_that_goes_away_fails_the_test_that_used_it_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def explore(by_hand: ByHand, item: pytest.Item, kept: ExitStack) -> None:
        explored.append(item.nodeid)
        if item.nodeid == "test_lost":
            raise ServerLost("the server at 127.0.0.1:5432 has ended its connections")

    explored: list[str] = []
    monkeypatch.setattr(ByHand, "_explore", explore)
    by_hand = ByHand(SimpleNamespace(), None, "explored")

    run(by_hand, "test_before")
    with pytest.raises(pytest.fail.Exception) as failed:
        run(by_hand, "test_lost")
    run(by_hand, "test_after")

    assert str(failed.value) == (
        "not explored: while the operations were run, the server at 127.0.0.1:5432 has ended its connections;"
        " run the test again"
    )
    assert explored == ["test_before", "test_lost", "test_after"]
