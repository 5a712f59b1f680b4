"""A project's resources, opened when they are needed and given back."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Endpoint
from dryfit.model.target import Target
from dryfit.resources import environment
from dryfit.resources.environment import Environment, new_space
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


@pytest.mark.parametrize("kind", ["postgres", "nats", "redis", "s3", "smtp", "http", "sqlite", "directory"])
def test_the_handle_tells_the_variables_that_are_set_for_the_program(kind: str, tmp_path: Path) -> None:
    declaration = Declaration("thing", kind, env=("THE_URL", "THE_SAME_URL"))
    with Environment([declaration], tmp_path, new_space()) as environment:
        try:
            handle = environment.open("thing").handle
        except ResourceError as error:
            pytest.skip(str(error))
        assert handle.env["THE_URL"] == handle.env["THE_SAME_URL"] == handle.url
        assert handle.env.items() <= os.environ.items()
    assert "THE_URL" not in os.environ


def test_it_knows_whether_a_connection_leads_to_a_declared_database(tmp_path: Path) -> None:
    declared = [Declaration("files", "directory"), Declaration("rows", "sqlite")]
    with Environment(declared, tmp_path, new_space()) as environment:
        environment.open("files")
        rows = environment.open("rows").handle.path
        assert environment.serves(Target("sqlite", "rows", str(rows)))
        assert not environment.serves(Target("sqlite", "others", str(tmp_path / "others.db")))


def test_threads_take_turns_as_before_once_a_resource_is_open(tmp_path: Path) -> None:
    before = sys.getswitchinterval()
    with Environment([Declaration("thing", "postgres")], tmp_path, new_space()) as environment:
        try:
            environment.open("thing")
        except ResourceError as error:
            pytest.skip(str(error))
        assert sys.getswitchinterval() == before
