"""What a call touched in a file of SQLite: reads apart from everything else.

A call has read where it has left no transaction open, no row changed, and the schema as it was. Which of the file's
tables it has read does not matter: whoever writes locks the whole file.
"""

from __future__ import annotations

import sqlite3

from dryfit.lab.busy import Patience
from dryfit.model.interleaving import ANYTHING, Footprint

READ = Footprint(frozenset(("sqlite",)))
WRITTEN = Footprint(frozenset(("sqlite",)), frozenset(("sqlite",)))

_SETTINGS = "pragma"
"""The word without which no statement changes a file but its rows and its schema."""


class FileTouched:
    """Looks at a connection before a call, and is asked after it; ``text`` is the statement, or its beginning."""

    def __init__(self, connection: sqlite3.Connection, text: str, longest: int) -> None:
        self._connection = connection
        self._is_setting = _SETTINGS in text.lower() or len(text) >= longest
        self._before = self._state()

    def __call__(self, failed: bool) -> Footprint:
        """What the call touched."""
        if failed or self._before is None:
            return ANYTHING
        is_read = not self._is_setting and not self._before[0] and self._state() == self._before
        return READ if is_read else WRITTEN

    def _state(self) -> tuple[bool, int, int] | None:
        """Whether a transaction is open, how many rows were changed, and the version of the schema.

        Within a transaction the file is not looked at: that might begin to read what the program has not read yet.
        """
        connection = self._connection
        try:
            if connection.in_transaction:
                return True, 0, 0
            with Patience(connection).none():
                cursor = sqlite3.Cursor(connection)
                cursor.row_factory = None
                ((version,),) = cursor.execute("PRAGMA schema_version").fetchall()
            return False, connection.total_changes, int(version)
        except sqlite3.Error:  # closed, or locked at this moment
            return None
