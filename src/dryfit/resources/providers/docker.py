"""A container of a local Docker engine, its data in memory."""

from __future__ import annotations

import os
from pathlib import Path

from dryfit.model.resource import Declaration
from dryfit.resources.containers import IMAGE, container_launch
from dryfit.resources.kind import Kind, Launch
from dryfit.resources.launched import launched


def _launch(kind: Kind, declaration: Declaration, root: Path) -> Launch:
    return container_launch(
        "docker", kind, declaration, library="testcontainers", environment=_docker_environment()
    )


def _docker_environment() -> dict[str, str]:
    """Where the engine is, and how it lets us in: what Docker's own client heeds."""
    kept = ("HOME", "XDG_RUNTIME_DIR")
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("DOCKER_", "TESTCONTAINERS_")) or name in kept
    }


provider = launched(_launch, (IMAGE,))
