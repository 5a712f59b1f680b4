"""What the providers that run containers have in common: the image is chosen, a keeper is told what to keep."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib.util import find_spec

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Endpoint
from dryfit.resources import children
from dryfit.resources.kind import BESIDE, Kind, Launch, Option

IMAGE = Option(
    "image",
    'the name of an image, such as "postgres:18"',
    lambda value: isinstance(value, str) and value != "",
)


def container_launch(
    keeper: str,
    kind: Kind,
    declaration: Declaration,
    *,
    library: str,
    environment: Mapping[str, str],
    more: Mapping[str, object] | None = None,
) -> Launch:
    """Let the script ``keeper`` run the kind's container; ``more`` is what it has to know beside that.

    Raises ``ResourceError`` where the ``library`` that it needs is not installed.
    """
    if find_spec(library) is None:
        raise ResourceError(
            f'{declaration.name}: the library {library} is not installed; pip install "dryfit[{keeper}]"',
            slug="resources",
        )
    container = kind.container(declaration)
    container = replace(container, image=str(declaration.options.get("image", container.image)))
    spec = {**asdict(container), **(more or {}), "home": "{home}", "published": "{port}", "beside_at": BESIDE}
    digest = hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:16]
    return Launch(
        key=f"{keeper} {declaration.kind} {digest}",
        command=children.command(f"dryfit.resources.keepers.{keeper}", json.dumps(spec)),
        prepare=lambda home: None,
        endpoint=lambda home, port: Endpoint(
            "127.0.0.1", port, user=container.user, password=container.password, database=container.database
        ),
        is_ready=kind.is_ready,
        environment={**environment, **children.search_path()},
        called=f"{declaration.name}: {container.image} by {keeper}",
    )
