"""Finds out which tables and sequences of a database may have been written to since it was last clean."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dryfit.resources.postgres import wal
from dryfit.resources.postgres.catalogue import Catalogue
from dryfit.resources.postgres.connect import answers, driver
from dryfit.resources.postgres.sessions import Moment, Onlooker, Session, writers_answer

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
        self._seen = b""
        self._always = _unlogged(catalogue)

    def reconnected(self, control: Connection) -> None:
        """Go on with another connection."""
        self._control = control
        self._onlooker = Onlooker(control, self._name)

    def forked(self) -> Watch:
        """Another one, which goes on by itself from here."""
        return copy(self)

    def look(self, ours: int, own: int) -> tuple[Moment, tuple[Session, ...], Suspects]:
        """``writers``, and what was written to but for what transaction ``own`` wrote: in one round trip if possible.

        Where somebody has written and did not end, nothing is told of what was written to.
        """
        found = self._look_at_once(ours, own)
        if found is not None:
            return found
        moment, writing = self.writers(ours)
        return moment, writing, Suspects() if writing else self.suspects(moment, own)

    def _look_at_once(self, ours: int, own: int) -> tuple[Moment, tuple[Session, ...], Suspects] | None:
        """``None`` where the log does not tell, or somebody has to be waited for."""
        if not self._reads_log:
            return None
        log = wal.question(self._control, self.catalogue.database, self._seen, own)
        script = f"{self._onlooker.writers_question(ours)}; {log}"
        try:
            writers, *_, files = answers(self._control, script.encode())
        except driver().errors.DatabaseError:
            return None
        moment, writing = writers_answer(writers)
        if writing or wal.is_far(self._seen, moment.position):
            return None
        return moment, (), self._named(wal.numbers(files), self._always)

    def writers(self, own: int) -> tuple[Moment, tuple[Session, ...]]:
        """As ``moment``, but tells of transactions that have written and do not come to an end, and ends none."""
        return self._onlooker.writing_moment(own)

    def moment(self, own: int) -> Moment:
        """Wait for open transactions to be over; ``own`` is the process of dryfit's connection to the database."""
        return self._onlooker.quiet_moment(own)

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

    def settle(self, position: bytes) -> None:
        """Take the database as clean up to a position of the log."""
        self._seen = position

    def suspects(self, moment: Moment, own: int = 0) -> Suspects:
        """What was written to up to a moment, but for what transaction ``own`` wrote."""
        if moment.position == self._seen and not self._always.sequences:
            return Suspects()
        if not self._reads_log:
            return everything(self.catalogue)
        try:
            written = wal.written_files(
                self._control, self.catalogue.database, self._seen, moment.position, own
            )
        except wal.UnreadableError:
            return everything(self.catalogue)
        return self._named(written.files, self._always)

    def settle_own(self, moment: Moment, own: int) -> None:
        """Take the database as clean but for what others wrote since the moment, beside transaction ``own``."""
        self._seen = moment.position
        if self._reads_log:
            try:
                written = wal.written_files(
                    self._control, self.catalogue.database, moment.position, moment.position, own
                )
            except wal.UnreadableError:
                return
            if not self._named(written.files, Suspects()):
                self._seen = written.end

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
