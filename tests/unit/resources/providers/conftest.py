"""A Docker engine, if one answers, and an image that is made of this machine's own files: none can be pulled."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.unit.resources.providers import images

docker = pytest.importorskip("docker")


@pytest.fixture(scope="session")
def engine() -> Iterator[object]:
    """The client of an engine that answers."""
    client = None
    try:
        client = docker.from_env()
        client.ping()
    except docker.errors.DockerException as error:
        if client is not None:
            client.close()
        pytest.skip(f"no Docker engine answers here: {error}")
    with closing(client):
        yield client


@pytest.fixture(scope="session")
def redis_image(engine: object) -> Iterator[str]:
    """An image with this machine's redis-server, its libraries, and nothing else."""
    with made(engine, images.redis) as name:
        yield name


@pytest.fixture(scope="session")
def postgres_image(engine: object) -> Iterator[str]:
    """An image with the PostgreSQL of the wheel, which is told its user and password as the official one is."""
    with made(engine, images.postgres) as name:
        yield name


@pytest.fixture(scope="session")
def rabbitmq_image(engine: object) -> Iterator[str]:
    """An image with this machine's RabbitMQ and its management, told its user and password as the official one is."""
    with made(engine, images.rabbitmq) as name:
        yield name


@contextmanager
def made(engine: object, make: Callable[[], images.Root]) -> Iterator[str]:
    """An image of this process alone: another worker makes its own, and removes it."""
    try:
        root = make()
    except FileNotFoundError as error:
        pytest.skip(f"nothing here to make an image of: {error}")
    name = f"dryfit-test-{make.__name__}-{os.getpid()}"
    images.load(engine, root, name)
    yield f"{name}:local"
    engine.images.remove(f"{name}:local", force=True)  # type: ignore[attr-defined]


@pytest.fixture
def runtime(
    monkeypatch: pytest.MonkeyPatch, eventually: Callable[[Callable[[], bool]], bool]
) -> Iterator[Path]:
    """A directory for this test's servers."""
    from dryfit.resources import places

    base = places.new_home("test")
    monkeypatch.setattr(places, "runtime", lambda in_memory=False: base)
    yield base
    assert eventually(lambda: not any(path.is_dir() for path in base.iterdir()))
    shutil.rmtree(base)


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], bool]:
    """Says whether something comes true while other processes do their work."""

    def comes_true(holds: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + 30
        while not holds():
            if time.monotonic() > deadline:
                return False
            threading.Event().wait(0.02)
        return True

    return comes_true
