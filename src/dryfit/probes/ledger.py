"""What the open transaction of one connection has written, and what becomes of it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass, field

from dryfit.model.target import Target
from dryfit.model.trial import Fate
from dryfit.probes import dbapi
from dryfit.probes.commits import Commits, watch


@dataclass(slots=True, eq=False)
class Written:
    """One effect, whose fate may still change; ``level`` counts the ``transaction()`` blocks around it."""

    fate: Fate = "lasting"
    level: int = 0


@dataclass(slots=True)
class Ledger:
    """The account of one connection: ``pending`` is what its transaction has written so far.

    ``savepoints`` say how much there was at each. ``commits`` to the database since the transaction began, and
    exceptions beyond the number ``raises``, tell how it ended where that was not seen.
    """

    get: Callable[[], object | None]
    target: Target | None = None
    pending: list[Written] = field(default_factory=list)
    savepoints: list[tuple[str, int]] = field(default_factory=list)
    commits: Commits | None = None
    raises: int = 0

    def begin(self, connection: object) -> None:
        """A statement is about to run: before a transaction, remember how the database is."""
        if not self.pending:
            self.close()
            self.commits = watch(connection, self.target)

    def write(self, connection: object, written: Written, raises: int) -> None:
        """A statement has written something."""
        self.raises = raises
        written.fate, written.level = "open", dbapi.level(connection)
        self.pending.append(written)
        if dbapi.standing(connection) == "none":
            self.end("lasting")

    def end(self, fate: Fate) -> None:
        """The transaction has ended."""
        for each in self.pending:
            each.fate = fate
        self.pending.clear()
        self.savepoints.clear()
        self.close()

    def close(self) -> None:
        """Give back what was needed to watch the database."""
        if self.commits is not None:
            self.commits.close()
            self.commits = None

    def savepoint(self, name: str) -> None:
        """A savepoint was set."""
        self.savepoints.append((name, len(self.pending)))

    def release(self, name: str) -> None:
        """A savepoint was given up, and with it those within."""
        self._cut(name)

    def roll_back_to(self, name: str) -> None:
        """What was written since a savepoint is undone; the savepoint stays."""
        size = self._cut(name)
        if size is not None:
            for each in self.pending[size:]:
                each.fate = "undone"
            del self.pending[size:]
            self.savepoints.append((name, size))

    def settle(self, raises: int) -> None:
        """Find out whether the transaction, or a part of it, has ended unseen, and how."""
        connection = self.get()
        stands = "gone" if connection is None else dbapi.standing(connection)
        if stands in ("none", "gone"):
            self.end("lasting" if self._was_committed(connection, stands == "gone", raises) else "undone")
        elif connection is not None and dbapi.driver_of(connection) == "psycopg":
            self._leave(dbapi.level(connection), raises)

    def _cut(self, name: str) -> int | None:
        """Forget a savepoint and those within; what had been written when it was set."""
        names = [known for known, _ in self.savepoints]
        if name not in names:
            return None
        place = len(names) - 1 - names[::-1].index(name)
        size = self.savepoints[place][1]
        del self.savepoints[place:]
        return size

    def _was_committed(self, connection: object | None, is_gone: bool, raises: int) -> bool:
        """Told by the database where that can be, else by whether an exception was seen since."""
        known = self.commits.are_new(connection) if self.commits is not None else None
        if known is not None:
            return known
        within = any(each.level for each in self.pending)
        return raises == self.raises and (within or not is_gone)

    def _leave(self, level: int, raises: int) -> None:
        """Blocks within the transaction have ended: what they wrote is kept, unless an exception ended them."""
        ended = [each for each in self.pending if each.level > level]
        for each in ended:
            each.level = level
            if raises != self.raises:
                each.fate = "undone"
                self.pending.remove(each)


class Ledgers:
    """The accounts of all connections, none of which is kept alive."""

    def __init__(self, target_of: Callable[[object], Target | None]) -> None:
        self._target_of = target_of
        self._ledgers: dict[int, Ledger] = {}

    def of(self, connection: object) -> Ledger:
        """The account of a connection."""
        known = self._ledgers.get(id(connection))
        if known is None or known.get() is not connection:
            if known is not None:
                known.close()
            known = Ledger(_reference(connection), self._target_of(connection))
            self._ledgers[id(connection)] = known
        return known

    def settle(self, raises: int) -> None:
        """Find out which transactions have ended unseen."""
        for each in list(self._ledgers.values()):
            if each.pending:
                each.settle(raises)

    def close(self) -> None:
        """Give back what was needed to watch the databases."""
        for each in self._ledgers.values():
            each.close()


def _reference(connection: object) -> Callable[[], object | None]:
    try:
        return weakref.ref(connection)
    except TypeError:  # a class of C, which modules opened before anything was woven
        return lambda: connection
