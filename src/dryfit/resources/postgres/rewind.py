"""Puts a database of dryfit's own back to what it was at some time within a test, as often as that is asked for.

As between tests, the write-ahead log names the tables that were written to, and only rows that differ are written
back. What is no content of the database stays: settings and prepared statements of the program's sessions, and the
transactions in which these have only read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dryfit.model.errors import ResourceError
from dryfit.resources.guard import postgres as mark
from dryfit.resources.postgres import catalogue, snapshot
from dryfit.resources.postgres.catalogue import Catalogue, Sequence
from dryfit.resources.postgres.connect import answers, driver, literal
from dryfit.resources.postgres.restore import write_back
from dryfit.resources.postgres.seeded import Prepared, Seeded
from dryfit.resources.postgres.sessions import Moment, Session
from dryfit.resources.postgres.snapshot import Changes, Snapshot
from dryfit.resources.postgres.split import SCHEMA
from dryfit.resources.postgres.temporary import drop_temporary, temporary
from dryfit.resources.postgres.watch import Suspects, Watch, everything

if TYPE_CHECKING:
    from dryfit.resources.postgres.connect import Connection

SHOWN = 80


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known of a database between two tests: its mark, our connections, how it was seeded.

    ``watch`` knows since when; ``snapshot`` is what belonged in it then, ``horizon`` the first later transaction.
    """

    name: str
    token: str
    data: Connection
    control: Connection
    origin: Seeded
    horizon: int
    watch: Watch
    snapshot: Snapshot
    holds_off: bool


class _RefusedError(Exception):
    """The state cannot be remembered, or put back: its text says why."""


class PostgresRewind:
    """``Rewind`` of one database; good until the test is over."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._begin()

    def take(self) -> str:
        """Remember the schema, the committed rows and the sequences; refuses where one who has written goes on."""
        return self._said(self._take)

    def back(self) -> str:
        """Put them back; the tables stay as they are where nothing was written to them."""
        return self._said(self._back)

    def _said(self, act: Callable[[], None]) -> str:
        try:
            act()
        except _RefusedError as refused:
            return str(refused)
        except (driver().Error, ResourceError) as error:
            return f"database {self._ground.name}: {' '.join(str(error).split())}"
        return ""

    def _begin(self) -> None:
        """From what is known since the test began."""
        ground = self._ground
        self._watch, self._snapshot = ground.watch.forked(), ground.snapshot
        self._origin: Seeded | Prepared = ground.origin
        self._horizon = ground.horizon

    def _take(self) -> None:
        self._begin()
        moment, suspects = self._look()
        if self._schema_changes(suspects):
            suspects = self._with_schema()
        elif suspects.system:
            suspects = self._moved(suspects)
        if not suspects.is_certain:
            self._refuse_wholes(suspects)
        self._snapshot, own = self._taken(suspects)
        self._watch.settle(moment.position, own)

    def _with_schema(self) -> Suspects:
        """Begin from the schema that the test has made, of which nothing is known yet: all is to be read."""
        made = temporary(self._ground.data)
        if made:
            raise _RefusedError(f"a temporary table was made: {', '.join(made[:3])}")
        found = catalogue.read(self._ground.data)
        self._origin, self._horizon = Prepared(self._ground.data, found), found.horizon
        self._snapshot = Snapshot({}, {})
        self._watch.start(found)
        return replace(everything(found), system=frozenset(), is_certain=True)

    def _back(self) -> None:
        moment, suspects = self._look(drops_temporary=True)
        changed = self._schema_changes(suspects)
        if changed:
            raise _RefusedError(f"the schema was changed: {', '.join(changed[:3])}")
        if suspects.system:
            suspects = self._moved(suspects)
        self._refuse_wholes(suspects)
        changes = self._compare(suspects)
        for difference in changes.tables:
            if difference.is_cut:
                raise _RefusedError(
                    f"table {difference.table.name} got too many rows to remove them one by one"
                )
        own = self._write_back(changes) if changes else 0
        self._watch.restarted(self._ground.data, (sequence for sequence, _ in changes.sequences))
        self._watch.settle(moment.position, own)

    def _look(self, *, drops_temporary: bool = False) -> tuple[Moment, Suspects]:
        """What may have been written to, but for what we wrote ourselves, up to a moment."""
        ground = self._ground
        moment, writing, suspects = self._watch.look(ground.data.info.backend_pid)
        if writing:
            raise _RefusedError(_told(writing[0]))
        if suspects.system and drops_temporary:
            drop_temporary(ground.data, ground.token)
        return moment, suspects

    def _schema_changes(self, suspects: Suspects) -> list[str]:
        """What is otherwise, but for what stops statements half-way."""
        if not suspects.system:
            return []
        told = self._origin.schema_changes(self._ground.data, suspects.system, self._horizon)
        return [name for name in told if SCHEMA not in name]

    def _moved(self, suspects: Suspects) -> Suspects:
        return self._watch.moved(suspects, catalogue.with_files(self._ground.data, self._watch.catalogue))

    def _refuse_wholes(self, suspects: Suspects) -> None:
        """Refuse where a table was written to whose rows are not kept."""
        known = self._watch.catalogue.tables
        wholes = [known[oid] for oid in sorted(suspects.tables) if oid not in self._snapshot.tables]
        if not suspects.is_certain:
            wholes = self._origin.differing(self._ground.data, wholes)
        for table in wholes:
            why = table.obstacle or f"holds more than {snapshot.MOST_ROWS:,} rows"
            raise _RefusedError(f"table {table.name} was written to, and {why}")

    def _taken(self, suspects: Suspects) -> tuple[Snapshot, int]:
        """What is in the database now, and the transaction in which we moved sequences to their next record.

        A sequence writes to the log once for 32 numbers; set to where it stands, it does so at the next one.
        """
        data, known = self._ground.data, self._watch.catalogue
        now = snapshot.take(data, _part(known, suspects))
        kept = self._snapshot.copy()
        for oid in suspects.tables:
            kept.tables.pop(oid, None)
        kept.tables.update(now.tables)
        kept.sequences.update(
            {oid: (value, called, b"0") for oid, (value, called, _) in now.sequences.items()}
        )
        in_hand = [known.sequences[oid] for oid, state in now.sequences.items() if state[2] != b"0"]
        own = self._set_anew(in_hand) if in_hand else 0
        return Snapshot(kept.tables, kept.sequences, kept.too_large | now.too_large), own

    def _set_anew(self, sequences: Iterable[Sequence]) -> int:
        mark.prove(self._ground.data, self._ground.token)
        anew = (
            f"SELECT setval({literal(each.name.encode()).decode()}, last_value, is_called) FROM {each.name}"
            for each in sequences
        )
        script = "; ".join(("BEGIN; SELECT pg_current_xact_id()::xid", *anew, "COMMIT"))
        return int(answers(self._ground.data, script.encode())[1][0][0] or b"0")

    def _compare(self, suspects: Suspects) -> Changes:
        known = self._watch.catalogue
        kept = suspects.tables & self._snapshot.tables.keys()
        tables = [table for oid, table in known.tables.items() if oid in kept]
        sequences = [known.sequences[oid] for oid in sorted(suspects.sequences)]
        return snapshot.compare(self._ground.data, self._snapshot, tables, sequences, suspects.moved)

    def _write_back(self, changes: Changes) -> int:
        ground = self._ground
        again = None if ground.holds_off else lambda: self._compare(everything(self._watch.catalogue))
        return write_back(ground.data, self._snapshot, changes, ground.token, again)


def _part(known: Catalogue, suspects: Suspects) -> Catalogue:
    return replace(
        known,
        tables={oid: table for oid, table in known.tables.items() if oid in suspects.tables},
        sequences={oid: known.sequences[oid] for oid in sorted(suspects.sequences)},
    )


def _told(session: Session) -> str:
    who = f" of {session.application}" if session.application else ""
    statement = " ".join(session.query.split())[:SHOWN]
    return f"a transaction that has written is open on a connection{who}: {statement}"
