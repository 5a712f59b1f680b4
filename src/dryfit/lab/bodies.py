"""Hands the body of a test over at the moment at which pytest would call it, its fixtures as arguments."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from inspect import iscoroutinefunction
from typing import Protocol, cast
from unittest import TestCase

import pytest

from dryfit.lab.calls import Call
from dryfit.lab.marked import MARK


class Taking(Protocol):
    """Takes the body of a test, a callable without arguments, or calls it: what comes of it."""

    def __call__(self, body: Call, /) -> object:
        """Where the body is a coroutine function, so is this: what it gives is awaited."""


class Bodies:
    """A plugin that asks ``taking`` in place of the function of each marked test."""

    def __init__(self, taking: Taking) -> None:
        self._taking = taking

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """For the time of the call another function stands in the test's place, of the same kind."""
        if not isinstance(item, pytest.Function) or item.get_closest_marker(MARK) is None:
            return (yield)
        body = item.obj
        item.obj = taken = self._instead_of(body)
        own = _asked_of_instance(item, body)
        own[item.name] = taken
        try:
            return (yield)
        finally:
            item.obj = body
            own.pop(item.name, None)

    def _instead_of(self, body: Callable[..., object]) -> Callable[..., object]:
        @functools.wraps(body)
        def taken(*values: object, **named: object) -> object:
            __tracebackhide__ = True
            return self._taking(partial(body, *values, **named))

        @functools.wraps(body)
        async def taken_async(*values: object, **named: object) -> object:
            __tracebackhide__ = True
            return await cast(Awaitable[object], self._taking(partial(body, *values, **named)))

        return taken_async if iscoroutinefunction(body) else taken


def _asked_of_instance(item: pytest.Function, body: object) -> dict[str, object]:
    """Where ``unittest`` looks for the body itself: it does for coroutine functions, whatever pytest would call."""
    instance = item.instance
    return vars(instance) if isinstance(instance, TestCase) and iscoroutinefunction(body) else {}
