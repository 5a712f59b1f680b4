"""A Docker engine, if one answers, and an image that is made of this machine's own files: none can be pulled."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

docker = pytest.importorskip("docker")

IMAGE = "dryfit-test-redis:local"


@pytest.fixture(scope="session")
def engine() -> Iterator[object]:
    """The client of an engine that answers."""
    try:
        client = docker.from_env()
        client.ping()
    except docker.errors.DockerException as error:
        pytest.skip(f"no Docker engine answers here: {error}")
    with closing(client):
        yield client


@pytest.fixture(scope="session")
def redis_image(engine: object) -> Iterator[str]:
    """An image with this machine's redis-server, its libraries, and nothing else."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no redis-server here to make an image of")
    engine.api.import_image_from_data(_root_of(program), repository=IMAGE.partition(":")[0], tag="local")
    yield IMAGE
    engine.images.remove(IMAGE, force=True)


def _root_of(program: str) -> bytes:
    told = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as root:
        for name in [program, *re.findall(r"(/\S+) \(0x", told)]:
            root.add(os.path.realpath(name), arcname=name.lstrip("/"))
    return packed.getvalue()


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
