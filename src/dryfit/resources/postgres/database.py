"""One worker's database, and what makes it clean again after each test."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Endpoint, Handle, Leftover
from dryfit.model.target import Target
from dryfit.resources.database_clock import PostgresClock
from dryfit.resources.guard import postgres as mark
from dryfit.resources.postgres import catalogue, databases, leftovers, prepared, snapshot
from dryfit.resources.postgres.catalogue import Catalogue
from dryfit.resources.postgres.connect import NAME, connect, connect_again, driver
from dryfit.resources.postgres.pool import Pool
from dryfit.resources.postgres.restore import hold_off, write_back
from dryfit.resources.postgres.seeded import Seeded
from dryfit.resources.postgres.sessions import Moment
from dryfit.resources.postgres.snapshot import Changes, Whole
from dryfit.resources.postgres.temporary import drop_temporary, temporary
from dryfit.resources.postgres.watch import Suspects, Watch, everything

# What only the contention check asks for is imported when it does.
if TYPE_CHECKING:
    from dryfit.resources.postgres.connect import Connection
    from dryfit.resources.postgres.rewind import PostgresRewind
    from dryfit.resources.postgres.split import Split

log = logging.getLogger("dryfit.resources.postgres")


@dataclass(frozen=True, slots=True)
class Site:
    """Where a worker's database is: its server, the database to manage others from, its name, mark and seed.

    ``reads_log`` says that it has pg_walinspect; ``always_copies`` asks for a fresh copy after each test that wrote.
    ``extras`` are databases made for this worker alone, ``standing`` is one from which all of them can be dropped.
    """

    endpoint: Endpoint
    standing: str
    control: str
    name: str
    token: str
    seed: str
    reads_log: bool = True
    always_copies: bool = False
    extras: tuple[str, ...] = ()


class Database:
    """A database that is as it was seeded when each test starts.

    ``replacements`` tells why it had to be replaced by a fresh copy, each time that it had. ``clock`` sets its time,
    where it was made so that this can be done.
    """

    def __init__(self, handle: Handle, site: Site, clock: PostgresClock | None = None) -> None:
        self.handle = handle
        self.clock = clock
        self.replacements: list[str] = []
        self._addresses: set[str] = set()
        self._site = site
        self._pool = Pool(site.endpoint, site.control, site.token, site.seed)
        self._origin = Seeded(site.endpoint, site.seed)
        self._reopen: Callable[[Endpoint, str], Connection] = connect_again
        self._control = connect(site.endpoint, site.control)
        self._data = self._connected()
        found = catalogue.read(self._data)
        self._seeded = self._read(found)
        self._watch = Watch(self._control, site.name, found, reads_log=site.reads_log)
        self._begin(found)

    def clean(self) -> tuple[Leftover, ...]:
        """Make the data as they were seeded, and tell what had been left; one that finds nothing costs a round trip.

        Open transactions of others are ended. Raises ``ResourceError`` where the database is not dryfit's any more.
        """
        try:
            return self._cleaned()
        except driver().Error as error:
            raise ResourceError(
                f"database {self._site.name}: cannot be made clean: {str(error).strip()}", slug="resources"
            ) from error

    def serves(self, target: Target) -> bool:
        """Whether the program's connection leads to this very database, by the mark that it bears."""
        if target.kind != "postgres":
            return False
        if target.address in self._addresses:
            return True
        with (
            suppress(ResourceError, driver().Error),
            driver().connect(target.address, application_name=NAME) as asked,
        ):
            mark.judge(asked.execute(mark.PROOF).fetchall(), self._site.token)
            if asked.info.dbname == self._site.name:
                self._addresses.add(target.address)
                return True
        return False

    def rewind(self) -> PostgresRewind:
        """What puts the data back to what they are at some time within a test."""
        from dryfit.resources.postgres.rewind import Ground, PostgresRewind

        return PostgresRewind(
            Ground(
                name=self._site.name,
                token=self._site.token,
                data=self._data,
                control=self._control,
                origin=self._origin,
                horizon=self._horizon,
                watch=self._watch,
                snapshot=self._snapshot,
                holds_off=self._holds_off,
            )
        )

    def split(self) -> Split:
        """What stops statements half-way here."""
        from dryfit.resources.postgres.split import Split

        return Split(connect(self._site.endpoint, self._site.name), self._site.token)

    def suspend(self) -> None:
        """Close the connections, which must not be carried into another process."""
        self._data.close()
        self._control.close()
        self._pool.close()

    def resume(self) -> None:
        """Begin with a fresh copy of the same name."""
        self._control = connect(self._site.endpoint, self._site.control)
        self._watch.reconnected(self._control)
        if databases.exists(self._control, self._site.name):
            self._pool.discard(databases.put_aside(self._control, self._site.name, self._site.token))
        self._claim()

    def close(self) -> None:
        """Drop the database, and what was made for it alone."""
        if self._prepares and not self._data.closed:
            with suppress(driver().Error):  # whoever ended the connection
                prepared.roll_back(self._data, self._site.token)
        self._data.close()
        self._control.close()
        self._pool.close()
        with connect(self._site.endpoint, self._site.standing) as connection:
            unused = (
                databases.ready(connection, self._site.token, self._site.seed) if self._site.extras else ()
            )
            for name in (self._site.name, *unused, *self._site.extras):
                databases.drop(connection, name, self._site.token)

    def _read(self, found: Catalogue) -> snapshot.Snapshot:
        try:
            return snapshot.take(self._data, found)
        except driver().errors.InsufficientPrivilege as error:
            self._data.close()
            self._control.close()
            raise ResourceError(
                f"database {self._site.name}: {error.diag.message_primary}; dryfit has to read every row: give the user"
                f" {self._site.endpoint.user} BYPASSRLS, or name a superuser",
                slug="resources",
            ) from error

    def _cleaned(self) -> tuple[Leftover, ...]:
        try:
            return tuple(self._clean())
        except driver().OperationalError:  # a test ended our connections, too
            self._reconnect()
            return tuple(self._clean())

    def _clean(self) -> list[Leftover]:
        moment, suspects = self._watch.rest(self._data.info.backend_pid)
        found = list(leftovers.of_sessions(self.handle.name, moment.ended))
        if suspects and self._prepares:
            found += leftovers.of_prepared(self.handle.name, prepared.roll_back(self._data, self._site.token))
        if suspects.system:
            try:
                dropped = drop_temporary(self._data, self._site.token)
            except driver().errors.InsufficientPrivilege:
                return found + self._without_temporary(suspects)
            found += leftovers.of_temporary(self.handle.name, dropped)
            changed = self._origin.schema_changes(self._data, suspects.system, self._horizon)
            if changed:
                return found + self._without_schema(suspects, changed)
            suspects = self._moved(suspects)
        return found + self._put_right(moment, suspects)

    def _put_right(self, moment: Moment, suspects: Suspects) -> list[Leftover]:
        """Write back what differs, in a schema that is the seeded one."""
        wholes = self._wholes(suspects)
        changes = self._compare(suspects)
        found = [
            *leftovers.of_wholes(self.handle.name, wholes),
            *leftovers.of_changes(self.handle.name, changes),
        ]
        reason = self._reason_for_copy(wholes, changes)
        if reason:
            self._replace(reason)
        elif changes:
            self._restore(moment, changes)
        else:
            self._watch.settle(moment.position)
        return found

    def _without_schema(self, suspects: Suspects, changed: tuple[str, ...]) -> list[Leftover]:
        """Replace the database, and tell of rows as far as the tables are still there to be read."""
        found = list(leftovers.of_schema(self.handle.name, changed))
        return found + self._afresh(suspects, f"the schema was changed: {', '.join(changed[:3])}")

    def _without_temporary(self, suspects: Suspects) -> list[Leftover]:
        """Replace the database for users who may not drop temporary tables of other sessions: these end with it."""
        names = temporary(self._data)
        found = list(leftovers.of_temporary(self.handle.name, names))
        return found + self._afresh(suspects, f"temporary tables may not be dropped: {', '.join(names[:3])}")

    def _afresh(self, suspects: Suspects, reason: str) -> list[Leftover]:
        found: list[Leftover] = []
        with suppress(driver().Error):
            found += leftovers.of_changes(self.handle.name, self._compare(self._moved(suspects)))
        self._replace(reason)
        return found

    def _moved(self, suspects: Suspects) -> Suspects:
        return self._watch.moved(suspects, catalogue.with_files(self._data, self._watch.catalogue))

    def _compare(self, suspects: Suspects) -> Changes:
        known = self._watch.catalogue
        kept = suspects.tables & self._snapshot.tables.keys()
        tables = [table for oid, table in known.tables.items() if oid in kept]
        sequences = [known.sequences[oid] for oid in sorted(suspects.sequences)]
        return snapshot.compare(self._data, self._snapshot, tables, sequences, suspects.moved)

    def _wholes(self, suspects: Suspects) -> list[Whole]:
        """The tables that were written to and can only be replaced as a whole."""
        known = self._watch.catalogue.tables
        wholes = [known[oid] for oid in sorted(suspects.tables) if oid not in self._snapshot.tables]
        if not suspects.is_certain:
            wholes = self._origin.differing(self._data, wholes)
        return [
            Whole(table, table.obstacle or f"holds more than {snapshot.MOST_ROWS:,} rows") for table in wholes
        ]

    def _reason_for_copy(self, wholes: list[Whole], changes: Changes) -> str:
        reasons = [f"{whole.table.name} {whole.why}" for whole in wholes]
        reasons += [
            f"{d.table.name} got more than {snapshot.MOST_ROWS:,} rows" for d in changes.tables if d.is_cut
        ]
        if changes and self._site.always_copies:
            reasons.append("a fresh copy is asked for after each test that wrote")
        return ", ".join(reasons[:3])

    def _restore(self, moment: Moment, changes: Changes) -> None:
        try:
            own = self._write_back(changes)
        except driver().Error as error:
            if self._data.closed:
                raise
            self._replace(f"rows could not be written back: {str(error).strip()}")
        else:
            self._watch.restarted(self._data, (sequence for sequence, _ in changes.sequences))
            self._watch.settle(moment.position, own)

    def _write_back(self, changes: Changes) -> int:
        again = None if self._holds_off else lambda: self._compare(everything(self._watch.catalogue))
        return write_back(self._data, self._snapshot, changes, self._site.token, again)

    def _replace(self, reason: str) -> None:
        log.info("database %s is replaced by a fresh copy: %s", self._site.name, reason)
        self.replacements.append(reason)
        self._data.close()
        aside = databases.put_aside(self._control, self._site.name, self._site.token)
        self._claim()
        self._pool.discard(aside)

    def _claim(self) -> None:
        databases.claim(self._control, self._site.name, self._site.token, self._site.seed)
        self._pool.fill()
        self._data = self._connected()
        self._begin(catalogue.read(self._data))

    def _begin(self, found: Catalogue) -> None:
        self._snapshot = self._seeded.copy()
        self._horizon = found.horizon
        self._watch.start(found)
        self._watch.settle(self._watch.moment(self._data.info.backend_pid).position)

    def _connected(self) -> Connection:
        """A connection to the database itself, on which nothing but dryfit acts where that may be."""
        data = connect(self._site.endpoint, self._site.name)
        self._holds_off = hold_off(data)
        self._prepares = prepared.are_possible(data)
        return data

    def _control_again(self) -> Connection:
        """A server that restarts is waited for, once."""
        reopen, self._reopen = self._reopen, connect
        control = reopen(self._site.endpoint, self._site.control)
        self._reopen = connect_again
        return control

    def _reconnect(self) -> None:
        self._control.close()
        self._control = self._control_again()
        self._watch.reconnected(self._control)
        self._data.close()
        if databases.exists(self._control, self._site.name):
            self._data = self._connected()
            try:
                mark.prove(self._data, self._site.token)  # another one may have taken its name
            except ResourceError:
                self._data.close()
                raise
        else:
            self.replacements.append("the database had been dropped")
            self._claim()
