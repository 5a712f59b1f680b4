"""A pod in the cluster of the current context, reached through a forwarded port; its data in memory."""

from __future__ import annotations

import os
from pathlib import Path

from dryfit.model.resource import Declaration
from dryfit.resources.containers import IMAGE, container_launch
from dryfit.resources.kind import Kind, Launch, Option
from dryfit.resources.launched import launched

DEADLINE_SECONDS = 6 * 3600
"""After so long the cluster ends a pod by itself, in case that nobody can any more."""


def _text(value: object) -> bool:
    return isinstance(value, str) and value != ""


OPTIONS = (
    IMAGE,
    Option("namespace", "the name of a namespace; by default it is default", _text),
    Option("context", "the name of a context of the kubeconfig; by default it is the current one", _text),
)


def _launch(kind: Kind, declaration: Declaration, root: Path) -> Launch:
    more = {
        "namespace": str(declaration.options.get("namespace", "default")),
        "context": str(declaration.options.get("context", "")),
        "deadline": DEADLINE_SECONDS,
    }
    kept = ("HOME", "KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    return container_launch(
        "kubernetes", kind, declaration, library="kubernetes", environment=environment, more=more
    )


provider = launched(_launch, OPTIONS)
