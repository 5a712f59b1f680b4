"""A project's resources, opened when they are needed and given back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dryfit.model.resource import Declaration, Endpoint
from dryfit.resources import environment
from dryfit.resources.environment import Environment
from dryfit.resources.kind import Kind, Provider
from dryfit.resources.registry import provider_named


def test_a_leader_starts_what_its_workers_will_open(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    running: list[str] = []

    @contextmanager
    def provide(kind: Kind, declaration: Declaration, root: Path) -> Iterator[Endpoint]:
        running.append(declaration.name)
        yield Endpoint("127.0.0.1", 1)
        running.remove(declaration.name)

    by_hand = {"embedded": provider_named("embedded").by_hand, "url": None}
    monkeypatch.setattr(environment, "provider_named", lambda name: Provider(provide, (), by_hand[name]))
    declared = [
        Declaration("needed", "redis", env=("REDIS_URL",)),
        Declaration("perhaps", "redis"),
        Declaration("there", "redis", "url", ("THERE_URL",)),
        Declaration("files", "directory", env=("FILES",)),
    ]
    with Environment(declared, tmp_path, "dryfit_leader") as leader:
        leader.start_with_variables()
        assert running == ["needed"]
        assert leader.opened == ()
    assert running == []


@pytest.mark.parametrize(
    ("declared", "asked", "found"),
    [
        (["shop"], [], "shop"),
        (["shop", "archive"], [], None),
        (["shop", "archive"], ["make", "archive"], "archive"),
        (["shop", "archive"], ["shop", "archive"], None),
        ([], [], None),
    ],
)
def test_rows_go_to_the_only_database_that_can_be_meant(
    declared: list[str], asked: list[str], found: str | None, tmp_path: Path
) -> None:
    declarations = [Declaration(name, "sqlite") for name in declared] + [Declaration("files", "directory")]
    with Environment(declarations, tmp_path, "dryfit_one") as opened:
        url = opened.database_url(asked)
        assert url == (opened.open(found).handle.url if found else None)
