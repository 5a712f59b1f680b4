"""Whether the body of one test can be called with the fixtures of another one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from inspect import iscoroutinefunction
from unittest import TestCase

import pytest

PLAIN = "one of the tests keeps its fixtures to itself: unittest, doctest and Hypothesis do"
MIXED = "one of the tests is asynchronous, and the other is not"

_NOTHING = object()


def obstacle(host: pytest.Item, other: pytest.Item) -> str:
    """Why the body of ``other`` cannot be called with the fixtures of ``host``; "" where they allow it."""
    if not (_is_plain(host) and _is_plain(other)):
        return PLAIN
    assert isinstance(host, pytest.Function)
    assert isinstance(other, pytest.Function)
    return next(_obstacles(host, other), "")


def own_values(test: pytest.Function) -> Mapping[str, object]:
    """What a test is given by ``parametrize``, and no fixture knows of."""
    return {name: value for name, value in _params(test).items() if name not in _needed(test)}


def _obstacles(host: pytest.Function, other: pytest.Function) -> Iterator[str]:
    if iscoroutinefunction(host.obj) != iscoroutinefunction(other.obj):
        yield MIXED
    for name in sorted(_effects(host) ^ _effects(other)):
        if not (name in host.fixturenames and name in other.fixturenames):
            yield f"the fixture {name} is at work in one of the tests only"
    for name in sorted(_needed(other)):
        if _params(host).get(name, _NOTHING) is not _params(other).get(name, _NOTHING):
            yield f"the fixture {name} is parametrized differently in the two tests"
        if _definitions(host, name) != _definitions(other, name):
            yield f"the fixture {name} is another one, or none, in the other test"


def _is_plain(item: pytest.Item) -> bool:
    return (
        isinstance(item, pytest.Function)
        and not (item.cls is not None and issubclass(item.cls, TestCase))
        and not getattr(item.obj, "is_hypothesis_test", False)
    )


def _effects(test: pytest.Function) -> set[str]:
    """Fixtures that a test gets without a value: ``autouse`` and ``usefixtures``."""
    return set(test._fixtureinfo.initialnames) - set(test._fixtureinfo.argnames)


def _needed(test: pytest.Function) -> set[str]:
    """The fixtures of a test, with what these need themselves; not what ``parametrize`` gives to the test alone."""
    own = set(_params(test))
    known = [name for name in test.fixturenames if _definitions(test, name)]
    asked = {
        name for each in known for definition in _definitions(test, each) for name in definition.argnames
    }
    return {name for name in (*known, *(own & asked)) if name != "request"}


def _definitions(test: pytest.Function, name: str) -> Sequence[pytest.FixtureDef[object]]:
    """What a test gets under a name, the nearest definition last; those of ``parametrize`` are none."""
    return tuple(test.session._fixturemanager.getfixturedefs(name, test) or ())


def _params(test: pytest.Function) -> Mapping[str, object]:
    callspec = getattr(test, "callspec", None)
    return callspec.params if callspec is not None else {}
