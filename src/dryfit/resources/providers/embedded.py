"""The default provider: the service's own program, as a process on this machine that all workers and runs share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from dryfit.model.resource import Declaration, Endpoint
from dryfit.resources.kind import Kind, Provider
from dryfit.resources.server import attach, find


@contextmanager
def _provide(kind: Kind, declaration: Declaration, root: Path) -> Iterator[Endpoint]:
    with closing(attach(kind.launch(declaration, root))) as lease:
        yield lease.endpoint


class _ByHand:
    def up(self, kind: Kind, declaration: Declaration, root: Path) -> Endpoint:
        with closing(attach(kind.launch(declaration, root))) as lease:
            lease.keep()
            return lease.endpoint

    def down(self, kind: Kind, declaration: Declaration, root: Path) -> None:
        if lease := find(kind.launch(declaration, root)):
            with closing(lease):
                lease.unkeep()

    def logs(self, kind: Kind, declaration: Declaration, root: Path) -> str | None:
        lease = find(kind.launch(declaration, root))
        if lease is None:
            return None
        with closing(lease):
            return lease.log()


provider = Provider(_provide, by_hand=_ByHand())
