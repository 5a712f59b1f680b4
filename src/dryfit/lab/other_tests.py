"""Lends the body of another test to the one that runs, called with that one's fixtures."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from functools import partial
from typing import Protocol

import pytest
from _pytest.outcomes import Exit, OutcomeException

from dryfit.lab.calls import Call
from dryfit.lab.repeating import described
from dryfit.lab.shared_fixtures import obstacle, own_values


class Borrower(Protocol):
    """Who wants the body of another test: of ``other``, "" for none."""

    @property
    def other(self) -> str: ...

    def lend(self, body: Call | str) -> None:
        """Have it, a callable without arguments, or why it cannot be had."""


class OtherTests:
    """A plugin that asks before the call of each test whether another one's body is wanted."""

    def __init__(self, items: Iterable[pytest.Item], borrower: Borrower) -> None:
        self._items = {item.nodeid: item for item in items}
        self._borrower = borrower

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Fixtures are set up now: within a loop that runs the test those could not be that are coroutines."""
        wanted = self._borrower.other
        if wanted:
            self._borrower.lend(self._body(item, wanted))
        return (yield)

    def _body(self, host: pytest.Item, name: str) -> Call | str:
        other = self._items.get(name)
        if other is None:
            return f"{name} was not collected"
        reason = obstacle(host, other)
        if reason:
            return reason
        assert isinstance(host, pytest.Function)
        assert isinstance(other, pytest.Function)
        try:
            return partial(_function(host, other), **_arguments(host, other))
        except Exit:
            raise
        except (Exception, OutcomeException) as error:  # noqa: BLE001 - whatever a fixture raises
            return f"the fixtures of one test cannot be had within the other: {described(error)}"


def _function(host: pytest.Function, other: pytest.Function) -> Callable[..., object]:
    """What is to be called; tests of one class share an instance, for its ``setup_method`` has been given that."""
    function: Callable[..., object] = other.function
    if other.cls is None:
        return function
    return partial(function, host.instance if other.cls is host.cls else other.cls())


def _arguments(host: pytest.Function, other: pytest.Function) -> Mapping[str, object]:
    """The fixtures of the other test as ``host`` has them; what only the other one has is set up now, for ``host``."""
    own = own_values(other)
    names = dict.fromkeys((*other._fixtureinfo.initialnames, *other._fixtureinfo.argnames))
    found = {name: host._request.getfixturevalue(name) for name in names if name not in own}
    return {name: own[name] if name in own else found[name] for name in other._fixtureinfo.argnames}
