"""Finds out which tables and sequences of a database may have been written to since it was last clean."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dryfit.resources.postgres import wal
from dryfit.resources.postgres.catalogue import Catalogue, Sequence, with_files_of
from dryfit.resources.postgres.connect import driver
from dryfit.resources.postgres.planned import ask
from dryfit.resources.postgres.sessions import OPEN, WRITES, Moment, Onlooker, Session, answer

if TYPE_CHECKING:
    from dryfit.resources.postgres.connect import Connection


@dataclass(frozen=True, slots=True)
class Suspects:
    """What may have been written to, by oid; ``system`` are names of system catalogues.

    ``moved`` are those tables whose rows stand elsewhere than before. ``is_certain`` says that the log names what was
    written to; else nobody knows.
    """

    tables: frozenset[int] = frozenset()
    sequences: frozenset[int] = frozenset()
    system: frozenset[str] = frozenset()
    moved: frozenset[int] = frozenset()
    is_certain: bool = True

    def __bool__(self) -> bool:
        return bool(self.tables or self.sequences or self.system)


class Watch:
    """Watches one database by the server's write-ahead log, which all databases of the server share.

    Where the log cannot be read, everything is suspected as soon as the log has grown.
    """

    def __init__(self, control: Connection, name: str, catalogue: Catalogue, *, reads_log: bool) -> None:
        self._name = name
        self.reconnected(control)
        self._reads_log = reads_log
        self.start(catalogue)

    def start(self, catalogue: Catalogue) -> None:
        """Begin anew, with a database that is clean now."""
        self.catalogue = catalogue
        self._seen, self._own = b"", 0
        self._always = _unlogged(catalogue)

    def reconnected(self, control: Connection) -> None:
        """Go on with another connection."""
        self._control = control
        self._onlooker = Onlooker(control, self._name)

    def forked(self) -> Watch:
        """Another one, which goes on by itself from here."""
        return copy(self)

    def moment(self, ours: int) -> Moment:
        """Wait for open transactions to be over; ``ours`` is the process of dryfit's connection to the database."""
        return self._onlooker.quiet_moment(ours)

    def rest(self, ours: int) -> tuple[Moment, Suspects]:
        """``moment``, and what was written to up to it.

        Where nothing was written to it is one round trip; after a transaction of our own, too, for then the log has
        grown in any case.
        """
        if self._own:
            found = self._look_at_once(ours, OPEN)
            if found is not None and not found[1]:
                return found[0], found[2]
        return self._suspects(self.moment(ours))

    def look(self, ours: int) -> tuple[Moment, tuple[Session, ...], Suspects]:
        """As ``rest``, but tells of transactions that have written and do not come to an end, and ends none.

        Where there are any, nothing is told of what was written to.
        """
        found = self._look_at_once(ours, WRITES)
        if found is not None and not found[1]:
            return found
        moment, writing = self._onlooker.writing_moment(ours)
        return (moment, writing, Suspects()) if writing else (moment, (), self._suspects(moment)[1])

    def moved(self, suspects: Suspects, now: Catalogue) -> Suspects:
        """The suspects and what stands in another file than before, as after TRUNCATE; the new files are watched."""
        files = {oid: file for file, oid in self.catalogue.files.items()}
        moved = frozenset(oid for file, oid in now.files.items() if files.get(oid) != file)
        self.catalogue = now
        return replace(
            suspects,
            tables=suspects.tables | moved & now.tables.keys(),
            sequences=suspects.sequences | moved & now.sequences.keys(),
            moved=moved & now.tables.keys(),
        )

    def restarted(self, data: Connection, sequences: Iterable[Sequence]) -> None:
        """Some of them were set in such a way that they are stored elsewhere now."""
        cached = [sequence for sequence in sequences if sequence.is_cached]
        if cached:
            self.catalogue = with_files_of(data, self.catalogue, cached)

    def settle(self, position: bytes, own: int = 0) -> None:
        """Take the database as clean up to a position of the log, and but for what transaction ``own`` writes."""
        self._seen, self._own = position, own

    def _look_at_once(self, ours: int, what: str) -> tuple[Moment, tuple[Session, ...], Suspects] | None:
        """``None`` where the log does not tell."""
        if not self._reads_log:
            return None
        log = wal.question(self._control, self.catalogue.database, self._seen, self._own)
        try:
            sessions, *_, reached, files = ask(self._control, self._onlooker.question(ours, what), *log)
        except driver().errors.DatabaseError:
            return None
        moment, still_open = answer(sessions)
        if wal.is_far(self._seen, moment.position):
            return None
        moment, suspects = self._judged(moment, wal.written(reached, files))
        return moment, still_open, suspects

    def _suspects(self, moment: Moment) -> tuple[Moment, Suspects]:
        """What was written to up to a moment."""
        if moment.position == self._seen and not self._always.sequences:
            return moment, Suspects()
        if not self._reads_log:
            return moment, everything(self.catalogue)
        try:
            written = wal.written_files(
                self._control, self.catalogue.database, self._seen, moment.position, self._own
            )
        except wal.UnreadableError:
            return moment, everything(self.catalogue)
        return self._judged(moment, written)

    def _judged(self, moment: Moment, written: wal.Written) -> tuple[Moment, Suspects]:
        """Where the log names nothing as far as it was read, all who wrote before are over up to there."""
        if not self._named(written.files, Suspects()):
            moment = replace(moment, position=written.end)
        return moment, self._named(written.files, self._always)

    def _named(self, files: frozenset[int], always: Suspects) -> Suspects:
        oids = frozenset(self.catalogue.files[file] for file in files if file in self.catalogue.files)
        return Suspects(
            tables=always.tables | oids & self.catalogue.tables.keys(),
            sequences=always.sequences | oids & self.catalogue.sequences.keys(),
            system=frozenset(self.catalogue.system[oid] for oid in oids if oid in self.catalogue.system),
        )


def everything(catalogue: Catalogue) -> Suspects:
    """All that a database consists of, for when nothing is known."""
    return Suspects(
        frozenset(catalogue.tables),
        frozenset(catalogue.sequences),
        frozenset(catalogue.system.values()),
        is_certain=False,
    )


def _unlogged(catalogue: Catalogue) -> Suspects:
    """What leaves no trace in the log, so that it is always looked at."""
    return Suspects(
        frozenset(oid for oid, table in catalogue.tables.items() if not table.is_logged),
        frozenset(oid for oid, sequence in catalogue.sequences.items() if not sequence.is_logged),
    )
