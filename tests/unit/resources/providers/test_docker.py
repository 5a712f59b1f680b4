"""Containers of a real engine: started once, shared, and gone with the last who needs them."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from pathlib import Path

import pytest

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration
from dryfit.resources.environment import Environment
from dryfit.resources.keepers.orphans import HOME_LABEL
from dryfit.resources.registry import kind_named, provider_named

redis = pytest.importorskip("redis")


def declaration(image: str) -> Declaration:
    return Declaration("sessions", "redis", "docker", ("SESSIONS_URL",), {"image": image})


def containers(engine, runtime: Path) -> list[str]:
    """The ids of those that are there; the API's own list, for the library's asks each again and one may be gone."""
    found = engine.api.containers(all=True, filters={"label": HOME_LABEL})
    return [each["Id"] for each in found if each["Labels"][HOME_LABEL].startswith(str(runtime))]


def test_two_workers_share_one_container_and_keep_their_data_apart(engine, redis_image, runtime, eventually):
    with (
        Environment([declaration(redis_image)], runtime, "dryfit_one") as first,
        Environment([declaration(redis_image)], runtime, "dryfit_two") as second,
    ):
        urls = [each.open("sessions").handle.url for each in (first, second)]
        assert len(containers(engine, runtime)) == 1
        with redis.Redis.from_url(urls[0]) as one, redis.Redis.from_url(urls[1]) as two:
            one.set("basket", "full")
            assert two.get("basket") is None
            assert [leftover.place for leftover in first.clean()]
            assert one.get("basket") is None
    assert eventually(lambda: not containers(engine, runtime))


def test_its_data_are_in_memory(engine, redis_image, runtime):
    with provider_named("docker").provide(kind_named("redis"), declaration(redis_image), runtime):
        (container,) = containers(engine, runtime)
        assert list(engine.containers.get(container).attrs["HostConfig"]["Tmpfs"]) == ["/data"]


def test_an_image_that_is_not_there_is_named(engine, runtime):
    with pytest.raises(ResourceError, match=r"(?s)did not start; .*no-such-image-of-dryfit"):
        Environment([declaration("no-such-image-of-dryfit:1")], runtime, "dryfit_x").open("sessions")
    assert containers(engine, runtime) == []


def test_an_engine_that_is_not_there_is_told_in_one_line(runtime, tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(ResourceError) as raised:
        Environment([declaration("redis:7")], runtime, "dryfit_x").open("sessions")
    heading, reason = str(raised.value).splitlines()
    assert heading == "sessions: redis:7 by docker: did not start; its log ends with:"
    assert reason.startswith("no container engine answers: ")
    assert reason.endswith("; start it, or say in DOCKER_HOST where it is")


def test_the_container_of_a_killed_supervisor_goes_with_the_next_start(
    engine, redis_image, runtime, eventually
):
    provide = provider_named("docker").provide
    with provide(kind_named("redis"), declaration(redis_image), runtime):
        (orphan,) = containers(engine, runtime)
        for process in supervisors(runtime):
            os.kill(process, signal.SIGKILL)
        assert eventually(lambda: not supervisors(runtime))
    with provide(kind_named("redis"), declaration(redis_image), runtime):
        assert orphan not in containers(engine, runtime)
    assert eventually(lambda: not containers(engine, runtime))


def test_a_postgresql_in_a_container_is_seeded_once_and_put_right(engine, postgres_image, runtime, tmp_path):
    psycopg = pytest.importorskip("psycopg")
    (tmp_path / "schema.sql").write_text("CREATE TABLE cups (id serial); INSERT INTO cups DEFAULT VALUES")
    declared = Declaration("db", "postgres", "docker", (), {"image": postgres_image, "schema": "schema.sql"})
    with (
        Environment([declared], tmp_path, "dryfit_one") as first,
        Environment([declared], tmp_path, "dryfit_two") as second,
    ):
        urls = [each.open("db").handle.url for each in (first, second)]
        assert len(containers(engine, runtime)) == 1
        with psycopg.connect(urls[0]) as one, psycopg.connect(urls[1]) as two:
            one.execute("INSERT INTO cups DEFAULT VALUES")
            one.commit()
            (leftover,) = first.clean()
            assert (leftover.place, leftover.change, leftover.count) == ("cups", "rows added", 1)
            for connection in (one, two):
                assert connection.execute("SELECT id FROM cups").fetchall() == [(1,)]


def test_a_rabbitmq_in_a_container_has_its_management_beside_it(engine, rabbitmq_image, runtime):
    pika = pytest.importorskip("pika")
    declared = Declaration("broker", "rabbitmq", "docker", (), {"image": rabbitmq_image})
    with Environment([declared], runtime, "dryfit_one") as environment:
        broker = environment.open("broker")
        with closing(pika.BlockingConnection(pika.URLParameters(broker.handle.url))) as connection:
            connection.channel().queue_declare("orders")
        (leftover,) = environment.clean()
        assert (leftover.place, leftover.change) == ("orders", "queues added")


def supervisors(runtime: Path) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_text()
        except OSError:
            continue
        if "supervisor.py" in line and str(runtime) in line:
            found.append(int(process.name))
    return found
