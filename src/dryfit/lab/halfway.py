"""Stops one statement of one operation half-way, after it has read, until the other operations are over."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dryfit.model.interleaving import Backend, Backends
from dryfit.model.resource import Resource

if TYPE_CHECKING:  # its driver need not be installed
    from dryfit.resources.postgres.split import Split

Stop = tuple[int, ...]
"""The worker, and the number of its statement, from 0; empty for none."""


class Halfway:
    """One stop after the other, in databases of dryfit's own, where PostgreSQL has such."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends
        self._splits: list[Split] = []
        self._stop: Stop = ()
        self._made = 0
        self._waiting: list[tuple[Split, Backend]] = []

    def install(self, resources: Iterable[Resource]) -> bool:
        """Make statements fit to be stopped, where they can be; whether there are any."""
        for resource in resources:
            split = getattr(resource, "split", None)
            found: Split | None = split() if split is not None else None
            if found is not None and not found.install():
                self._splits.append(found)
        return bool(self._splits)

    def remove(self) -> None:
        """Leave the databases as they were."""
        while self._splits:
            split = self._splits.pop()
            split.remove()
            split.close()

    def begin(self, stop: Stop) -> None:
        """A run begins in which this is to be stopped."""
        self._stop, self._made, self._waiting = stop, 0, []

    def before(self, worker: int, connection: object) -> bool:
        """A statement is about to be made: whether it is the one that is to stop."""
        if not self._stop or worker != self._stop[0]:
            return False
        number, self._made = self._made, self._made + 1
        backend = self._backends.backend(connection) if number == self._stop[1] else None
        if backend is None:
            return False
        for split in self._splits:
            split.arm(backend)
            self._waiting.append((split, backend))
        return True

    def let_go(self) -> bool:
        """Whatever was stopped may go on; whether there was anything."""
        was_waiting = bool(self._waiting)
        while self._waiting:
            split, backend = self._waiting.pop()
            split.let_go(backend)
        return was_waiting
