"""What providers have in common that run servers: one process under a supervisor, whatever it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from dryfit.model.resource import Declaration, Endpoint
from dryfit.resources.kind import Kind, Launch, Option, Provider
from dryfit.resources.server import attach, find

LaunchOf = Callable[[Kind, Declaration, Path], Launch]


def launched(launch_of: LaunchOf, options: tuple[Option, ...] = ()) -> Provider:
    """The provider that runs what ``launch_of`` says, one for all workers and runs."""

    @contextmanager
    def provide(kind: Kind, declaration: Declaration, root: Path) -> Iterator[Endpoint]:
        with closing(attach(launch_of(kind, declaration, root))) as lease:
            yield lease.endpoint

    return Provider(provide, options, _ByHand(launch_of))


class _ByHand:
    def __init__(self, launch_of: LaunchOf) -> None:
        self._launch_of = launch_of

    def up(self, kind: Kind, declaration: Declaration, root: Path) -> Endpoint:
        with closing(attach(self._launch_of(kind, declaration, root))) as lease:
            lease.keep()
            return lease.endpoint

    def down(self, kind: Kind, declaration: Declaration, root: Path) -> None:
        if lease := find(self._launch_of(kind, declaration, root)):
            with closing(lease):
                lease.unkeep()

    def logs(self, kind: Kind, declaration: Declaration, root: Path) -> str | None:
        lease = find(self._launch_of(kind, declaration, root))
        if lease is None:
            return None
        with closing(lease):
            return lease.log()
