"""Statements that asyncpg has prepared, while operations run at once: no method of a connection executes them."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from dryfit.lab.driver_calls import Doing, of_method
from dryfit.probes.schedule import Methods

__tracebackhide__ = True  # pytest leaves the frames of this module out of its tracebacks

_MODULE = "asyncpg.prepared_stmt"
_EXECUTE = "_PreparedStatement__do_execute"

Govern = Callable[[object, Doing, Callable[[], Awaitable[object]]], Awaitable[object]]
"""Makes a call in its turn: the connection, what is done there, and the call."""


class AsyncpgStatements:
    """Replaces the method by which they are executed; ``is_governed`` says that it is an operation's own doing."""

    def __init__(self, govern: Govern, is_governed: Callable[[], bool]) -> None:
        self._govern = govern
        self._is_governed = is_governed
        self._methods = Methods()

    def put_in(self) -> None:
        """Have the calls governed, where the library is loaded."""
        cls = getattr(sys.modules.get(_MODULE), "PreparedStatement", None)
        if cls is not None and hasattr(cls, _EXECUTE):
            self._methods.replace(cls, **{_EXECUTE: self._instead_of(getattr(cls, _EXECUTE))})

    def take_out(self) -> None:
        """Have the method as it was."""
        self._methods.restore()

    def _instead_of(self, old: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
        def execute(this: Any, executor: object) -> Awaitable[object]:
            do = partial(old, this, executor)
            if not self._is_governed():
                return do()
            return self._govern(this._connection, of_method("execute", (this.get_query(),)), do)

        return execute
