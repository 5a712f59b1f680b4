"""Kinds and providers are found by their files' names, and a declaration's mistakes are told."""

import re

import pytest

from dryfit.model.resource import Declaration
from dryfit.resources import registry


@pytest.mark.parametrize("name", registry.kind_names())
def test_every_file_of_a_kind_holds_one(name: str) -> None:
    kind = registry.kind_named(name)
    assert isinstance(kind.has_server, bool)
    assert len({option.name for option in kind.options}) == len(kind.options)


@pytest.mark.parametrize("name", registry.provider_names())
def test_every_file_of_a_provider_holds_one(name: str) -> None:
    assert callable(registry.provider_named(name).provide)


@pytest.mark.parametrize(
    ("declaration", "problem"),
    [
        (Declaration("a", "rediss"), 'kind: found "rediss"; allowed: .*redis, .*; did you mean redis?'),
        (Declaration("a", "redis", "dokcer"), 'provider: found "dokcer"; allowed: .*embedded'),
        (Declaration("a", "redis", options={"imge": 1}), "imge: unknown key; allowed: kind, provider, env"),
    ],
)
def test_mistakes_are_told(declaration: Declaration, problem: str) -> None:
    (found,) = registry.problems(declaration)
    assert re.match(problem, found)


def test_what_is_right_is_left_alone() -> None:
    assert list(registry.problems(Declaration("sessions", "redis"))) == []
