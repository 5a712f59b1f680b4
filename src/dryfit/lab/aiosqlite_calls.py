"""Calls on connections of aiosqlite: each has a thread of its own, to which they are handed one after the other.

That thread is the driver's, as a server is: it takes no turns. What an operation hands to it does, and is awaited.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from dryfit.lab import driver_calls
from dryfit.lab.busy import Patience
from dryfit.lab.driver_calls import Doing
from dryfit.probes.schedule import Methods

__tracebackhide__ = True  # pytest leaves the frames of this module out of its tracebacks

_CORE = "aiosqlite.core"


class Handed:
    """One call that is handed over; in its thread SQLite does not wait for a lock, but gives up at once.

    ``has_patience`` says, when it is over, that it would have waited.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        hand_over: Callable[[Callable[[], object]], Awaitable[object]],
        do: Callable[[], object],
    ) -> None:
        self.has_patience = False
        self._connection = connection
        self._hand_over = hand_over
        self._do = do

    def __call__(self) -> Awaitable[object]:
        """Hand it over."""
        return self._hand_over(self._impatiently)

    def _impatiently(self) -> object:
        try:
            patience = Patience(self._connection)
        except sqlite3.ProgrammingError:  # it is closed
            return self._do()
        self.has_patience = bool(patience.milliseconds)
        with patience.none():
            return self._do()


Govern = Callable[[sqlite3.Connection, Doing, Handed], Awaitable[object]]
"""Makes a call in its turn: SQLite's own connection, what is done there, and the call."""


class AiosqliteCalls:
    """Replaces the method by which aiosqlite hands over; ``is_at_work`` says that an operation is, and not the test."""

    def __init__(self, govern: Govern, is_at_work: Callable[[], bool]) -> None:
        self._govern = govern
        self._is_at_work = is_at_work
        self._methods = Methods()

    def put_in(self) -> None:
        """Have the calls governed, where the library is loaded."""
        if _CORE in sys.modules:
            cls = sys.modules[_CORE].Connection
            self._methods.replace(cls, _execute=self._instead_of(cls._execute))

    def take_out(self) -> None:
        """Have the method as it was."""
        self._methods.restore()

    def _instead_of(self, old: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
        def execute(
            this: Any, function: Callable[..., object], *values: Any, **options: Any
        ) -> Awaitable[object]:
            connection = this._connection
            if not isinstance(connection, sqlite3.Connection) or not self._is_at_work():
                return old(this, function, *values, **options)
            handed = Handed(connection, partial(old, this), partial(function, *values, **options))
            return self._govern(connection, driver_calls.of_handed(function, values), handed)

        return execute
