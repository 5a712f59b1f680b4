"""One database for all workers, never cleaned: for suites that take care of their data themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dryfit.model.resource import Endpoint, Handle, Leftover
from dryfit.resources.guard import postgres as mark
from dryfit.resources.postgres import databases
from dryfit.resources.postgres.connect import MAINTENANCE, connect

if TYPE_CHECKING:
    from dryfit.resources.postgres.connect import Connection

_LOCK = 0x647279666974
"""The advisory lock under which what workers share is made and dropped: "dryfit" in ASCII."""


class SharedDatabase:
    """Lives as long as its server does."""

    def __init__(self, handle: Handle) -> None:
        self.handle = handle

    def clean(self) -> tuple[Leftover, ...]:
        """Nothing is cleaned: another worker may be using it at this moment."""
        return ()

    def suspend(self) -> None:
        """Nothing that a forked process could spoil is connected."""

    def resume(self) -> None:
        """Nothing is cleaned."""
        self.clean()

    def close(self) -> None:
        """Leave it to the others."""


class SharedThere(SharedDatabase):
    """On an existing server: lives as long as a worker has a lease, which is a connection that the kernel closes."""

    def __init__(self, handle: Handle, endpoint: Endpoint, token: str) -> None:
        super().__init__(handle)
        self._endpoint = endpoint
        self._lease = _leased(endpoint, handle.database)
        self._token = token

    @classmethod
    def joined(cls, handle: Handle, endpoint: Endpoint) -> SharedThere:
        """One that another worker of this user has made; raises ``ResourceError`` for any other of that name."""
        shared = cls(handle, endpoint, "")
        try:
            shared._token = mark.join(shared._lease)
        except BaseException:
            shared._lease.close()
            raise
        return shared

    def close(self) -> None:
        """Give the lease back; whoever gives back the last one drops the database."""
        with connect(self._endpoint, self._endpoint.database or MAINTENANCE) as control, alone(control):
            if not self._lease.closed:
                # Waits until it is gone: a backend outlives its connection, and would look like somebody's lease.
                control.execute("SELECT pg_terminate_backend(%s, 5000)", [self._lease.info.backend_pid])
                self._lease.close()
            if not mark.is_leased(control, self.handle.database):
                databases.drop(control, self.handle.database, self._token)


@contextmanager
def alone(control: Connection) -> Iterator[None]:
    """While no other worker makes or drops what all of them share."""
    control.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    try:
        yield
    finally:
        control.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _leased(endpoint: Endpoint, database: str) -> Connection:
    return connect(endpoint, database, name=mark.LEASE)
