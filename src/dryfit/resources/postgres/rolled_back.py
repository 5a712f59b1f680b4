"""For suites that hand one connection around: what is done on it is rolled back after each test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

import psycopg

from dryfit.model.resource import Handle, Leftover
from dryfit.resources.postgres.connect import url
from dryfit.resources.postgres.database import Database, Site

_SAVEPOINT = "dryfit"


class HeldConnection(psycopg.Connection[tuple[Any, ...]]):
    """A connection inside a transaction that is never committed; ``commit`` and ``rollback`` act on a savepoint."""

    def commit(self) -> None:
        """Make what was done so far immune to ``rollback``, for the rest of this test."""
        self.execute(f"RELEASE SAVEPOINT {_SAVEPOINT}; SAVEPOINT {_SAVEPOINT}")

    def rollback(self) -> None:
        """Undo what was done since the last ``commit``."""
        self.execute(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")

    def close(self) -> None:
        """Roll back, as a connection that is closed does; this one stays open for the test's next part."""
        self.rollback()

    def begin(self) -> None:
        """Begin a test."""
        self.execute(f"BEGIN; SAVEPOINT {_SAVEPOINT}")

    def end(self) -> None:
        """Undo all that a test did on this connection."""
        self.execute("ROLLBACK")
        self.execute("DISCARD ALL")

    def close_for_good(self) -> None:
        """End the connection itself."""
        super().close()


@dataclass(frozen=True, slots=True)
class ConnectedHandle(Handle):
    """Bears the ``connection`` that a suite hands around, always the one that is held now."""

    held: Callable[[], HeldConnection] = field(kw_only=True, repr=False)

    @property
    def connection(self) -> HeldConnection:
        """Within a transaction already, though psycopg takes it for one that commits by itself."""
        return self.held()


class RolledBackDatabase(Database):
    """A database with a connection that is rolled back; what other connections wrote is put right as ever."""

    def __init__(self, handle: Handle, site: Site) -> None:
        told = {field.name: getattr(handle, field.name) for field in fields(Handle)}
        super().__init__(ConnectedHandle(**told, held=lambda: self._held), site)
        self._hold()

    def clean(self) -> tuple[Leftover, ...]:
        """Roll the held connection back, then clean up after all others and the sequences."""
        try:
            self._held.end()
        except psycopg.OperationalError:
            self._held.close_for_good()
        found = super().clean()
        try:
            self._held.begin()
        except psycopg.OperationalError:  # its database was replaced
            self._held.close_for_good()
            self._hold()
        return found

    def suspend(self) -> None:
        """Close the held connection, too."""
        self._held.close_for_good()
        super().suspend()

    def resume(self) -> None:
        """Hold another one."""
        super().resume()
        self._hold()

    def close(self) -> None:
        """Drop the database."""
        self._held.close_for_good()
        super().close()

    def _hold(self) -> None:
        address = url(self._site.endpoint, self._site.name)
        # psycopg prepares statements that come often, and would not see that DISCARD takes them away.
        self._held = HeldConnection.connect(address, autocommit=True, prepare_threshold=None)
        self._held.begin()
