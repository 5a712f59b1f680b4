"""The default provider: the service's own program, as a process on this machine that all workers and runs share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dryfit.model.resource import Declaration, Endpoint
from dryfit.resources.kind import Kind, Provider
from dryfit.resources.server import attach


@contextmanager
def _provide(kind: Kind, declaration: Declaration, root: Path) -> Iterator[Endpoint]:
    lease = attach(kind.launch(declaration, root))
    try:
        yield lease.endpoint
    finally:
        lease.release()


provider = Provider(_provide)
