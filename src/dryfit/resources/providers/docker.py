"""A container of a local Docker engine, its data in memory."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from dataclasses import asdict, replace
from importlib.util import find_spec
from pathlib import Path

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Endpoint
from dryfit.resources.keepers import docker as keeper
from dryfit.resources.kind import Container, Kind, Launch, Option
from dryfit.resources.launched import launched

OPTIONS = (
    Option(
        "image",
        'the name of an image, such as "postgres:18"',
        lambda value: isinstance(value, str) and value != "",
    ),
)


def _launch(kind: Kind, declaration: Declaration, root: Path) -> Launch:
    if find_spec("testcontainers") is None:
        raise ResourceError(
            f'{declaration.name}: the library testcontainers is not installed; pip install "dryfit[docker]"',
            slug="resources",
        )
    container = kind.container(declaration)
    container = replace(container, image=str(declaration.options.get("image", container.image)))
    return Launch(
        key=f"docker {declaration.kind} {_fingerprint(container)}",
        command=(sys.executable, "-P", keeper.__file__, json.dumps(_spec(container))),
        prepare=lambda home: None,
        endpoint=lambda home, port: Endpoint(
            "127.0.0.1", port, user=container.user, password=container.password, database=container.database
        ),
        is_ready=kind.is_ready,
        environment=_docker_environment(),
    )


def _spec(container: Container) -> dict[str, object]:
    return {
        "home": "{home}",
        "published": "{port}",
        "image": container.image,
        "port": container.port,
        "command": list(container.command),
        "environment": dict(container.environment),
        "tmpfs": list(container.tmpfs),
    }


def _fingerprint(container: Container) -> str:
    return hashlib.sha256(json.dumps(asdict(container), sort_keys=True).encode()).hexdigest()[:16]


def _docker_environment() -> dict[str, str]:
    """Where the engine is, and how it lets us in: what Docker's own client heeds."""
    kept = ("HOME", "PYTHONPATH", "XDG_RUNTIME_DIR")
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("DOCKER_", "TESTCONTAINERS_")) or name in kept
    }


provider = launched(_launch, OPTIONS)
