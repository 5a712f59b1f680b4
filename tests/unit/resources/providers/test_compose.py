"""Services of a compose file, in a project of dryfit's own; never on a developer's data."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import closing, suppress
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration
from dryfit.resources.environment import Environment
from dryfit.resources.keepers.orphans import HOME_LABEL, PROJECT_LABEL
from dryfit.resources.kind import BESIDE, Container
from dryfit.resources.providers import compose

redis = pytest.importorskip("redis")


@pytest.fixture(autouse=True)
def needs_compose() -> None:
    try:
        compose._compose()
    except ResourceError as error:
        pytest.skip(str(error))


def project(root: Path, image: str = "redis:7", extra: str = "") -> Path:
    service = f"""
        version: "3.7"
        services:
          sessions:
            image: {image}
            command: ["/usr/bin/redis-server", "--save", "", "--requirepass", "sesame"]
    """
    (root / "docker-compose.yml").write_text(dedent(service) + extra)
    return root


def declared(**options: object) -> Declaration:
    return Declaration("sessions", "redis", "compose", (), {"password": "sesame", **options})


def test_the_service_runs_in_a_project_of_its_own(engine, redis_image, runtime, tmp_path, eventually):
    root = project(tmp_path, redis_image)
    with Environment([declared()], root, "dryfit_one") as environment:
        with redis.Redis.from_url(environment.open("sessions").handle.url) as client:
            client.set("basket", "full")
            assert client.get("basket") == b"full"
        assert ours(engine, runtime) == ["sessions"]
        listed = subprocess.check_output(["docker-compose", "ps", "-q"], cwd=root, text=True)
        assert listed == ""  # not the developer's project
    assert eventually(lambda: not ours(engine, runtime))


def test_a_rabbitmq_has_its_management_beside_it(engine, rabbitmq_image, runtime, tmp_path):
    pika = pytest.importorskip("pika")
    service = f"""
        version: "3.7"
        services:
          broker:
            image: {rabbitmq_image}
            environment: {{RABBITMQ_DEFAULT_USER: ann, RABBITMQ_DEFAULT_PASS: sesame}}
    """
    (tmp_path / "compose.yaml").write_text(dedent(service))
    with Environment([Declaration("broker", "rabbitmq", "compose")], tmp_path, "dryfit_one") as environment:
        broker = environment.open("broker")
        assert (broker.handle.user, broker.handle.password) == ("ann", "sesame")
        with closing(pika.BlockingConnection(pika.URLParameters(broker.handle.url))) as connection:
            connection.channel().queue_declare("orders")
        (leftover,) = environment.clean()
        assert (leftover.place, leftover.change) == ("orders", "queues added")


def test_what_a_killed_keeper_left_goes_with_the_next_start(
    engine, redis_image, runtime, tmp_path, eventually
):
    root = project(tmp_path, redis_image)
    with Environment([declared()], root, "dryfit_one") as environment:
        environment.open("sessions")
        (left,) = containers(engine, runtime)
        keepers = processes_of(runtime, "keepers.compose")
        assert keepers
        for process in keepers:
            os.kill(process, signal.SIGKILL)
        assert eventually(lambda: not processes_of(runtime, "supervisor.py"))
        assert [each["Id"] for each in containers(engine, runtime)] == [left["Id"]]
    with Environment([declared()], root, "dryfit_two") as environment:
        environment.open("sessions")
        assert left["Id"] not in [each["Id"] for each in containers(engine, runtime)]
        assert not engine.api.networks(filters={"label": f"{PROJECT_LABEL}={left['Labels'][PROJECT_LABEL]}"})
    assert eventually(lambda: not containers(engine, runtime))


def containers(engine, runtime: Path) -> list[dict[str, Any]]:
    found = engine.api.containers(all=True, filters={"label": HOME_LABEL})
    return [each for each in found if each["Labels"][HOME_LABEL].startswith(str(runtime))]


def processes_of(runtime: Path, program: str) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line = (process / "cmdline").read_text()
            if program in line and str(runtime) in line:
                found.append(int(process.name))
    return found


def test_a_second_port_is_published_beside_the_first():
    old, new = (compose._Compose(("docker", "compose"), replaces) for replaces in (False, True))
    container = Container("rabbitmq", 5672, beside=15672)
    for each in (old, new):
        said = compose._override("broker", container, each)
        assert '- "127.0.0.1:{port}:5672"\n' in said
        assert f'{BESIDE}:{{port}}:15672"\n'.replace("::1:", "[::1]:") in said
        assert 'dryfit.home: "{home}"\n' in said
        assert ("!override" in said) == each.replaces


def ours(engine, runtime: Path) -> list[str]:
    """The services of the containers that compose has up for us."""
    files, service = "com.docker.compose.project.config_files", "com.docker.compose.service"
    found = engine.api.containers(all=True, filters={"label": files})
    return [each["Labels"][service] for each in found if str(runtime) in each["Labels"][files]]


@pytest.mark.parametrize(
    ("volume", "kept"),
    [("./data:/data", "data"), ("kept:/data", "kept"), ("/srv:/data:rw", "/srv")],
)
def test_a_service_on_a_developers_data_is_refused(runtime, tmp_path, volume, kept):
    extra = f"    volumes: ['{volume}']\nvolumes:\n  kept:\n    external: true\n    name: kept\n"
    root = project(tmp_path, extra=extra)
    with pytest.raises(
        ResourceError, match=rf"the service sessions keeps data in \S*{kept}, which is not dryfit's"
    ):
        Environment([declared()], root, "dryfit_one").open("sessions")


def test_a_read_only_mount_and_a_volume_of_the_project_are_no_such_data(tmp_path):
    extra = "    volumes: ['./conf:/etc/redis:ro', 'data:/data']\nvolumes:\n  data: {}\n"
    root = project(tmp_path, extra=extra)
    told = compose._told(compose._compose(), root / "docker-compose.yml", "sessions", declared())
    assert compose._refuse_foreign_data(told, root, "sessions") is None


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"file": "other.yaml"}, "sessions: no other.yaml in"),
        ({"service": "cache"}, r"has no service cache; it has sessions"),
    ],
)
def test_what_is_not_there_is_named(tmp_path, options, problem):
    with pytest.raises(ResourceError, match=problem):
        Environment([declared(**options)], project(tmp_path), "dryfit_one").open("sessions")


def test_a_file_that_compose_cannot_read_is_named(tmp_path):
    (tmp_path / "compose.yaml").write_text("services: 5")
    with pytest.raises(ResourceError, match=r"compose.yaml: compose cannot read it: "):
        Environment([declared()], tmp_path, "dryfit_one").open("sessions")


def test_without_a_file_all_the_usual_names_are_told(tmp_path):
    with pytest.raises(ResourceError, match=r"no compose.yaml or compose.yml or docker-compose.yaml or"):
        Environment([declared()], tmp_path, "dryfit_one").open("sessions")


def test_credentials_come_from_the_variables_of_the_official_images(tmp_path):
    told = {"environment": {"POSTGRES_USER": "ann", "POSTGRES_PASSWORD": "s", "POSTGRES_DB": "shop"}}
    declaration = Declaration("db", "postgres", "compose", (), {"user": "bob"})
    assert compose._credentials(told, declaration, Container("postgres", 5432)) == ("bob", "s", "shop")
