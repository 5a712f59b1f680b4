"""Calls on connections of drivers written in C that nobody has woven: opened too early, or by a class of the program's.

What is opened once the program is woven is of a class of Python, whose methods are crossings. All others come here by
the methods of the C classes themselves, and once only: what is done within a crossing is a part of it.
"""

from __future__ import annotations

import sys
from _thread import get_ident
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from dryfit.lab import driver_calls
from dryfit.lab.driver_calls import Doing
from dryfit.probes import dbapi
from dryfit.probes.schedule import Methods

__tracebackhide__ = True  # pytest leaves the frames of this module out of its tracebacks

Govern = Callable[[object, Doing, Callable[[], object]], object]
"""Makes a call in its turn: the driver's connection, what is done there, and the call."""

_STATEMENTS = ("execute", "executemany")
_ENDS = ("commit", "rollback")
_EXIT = "__exit__"

_CLASSES: dict[str, dict[str, tuple[str, ...]]] = {
    "sqlite3": {
        "Cursor": (*_STATEMENTS, "executescript"),
        "Connection": (*_STATEMENTS, "executescript", *_ENDS, _EXIT),
    },
    "psycopg2.extensions": {
        "cursor": (*_STATEMENTS, "callproc", "copy_expert", "copy_from", "copy_to"),
        "connection": _ENDS,
    },
}


class BareDrivers:
    """Replaces methods of the C classes for a time; ``is_within_library`` says that a call is a part of a crossing."""

    def __init__(self, govern: Govern, is_within_library: Callable[[], bool]) -> None:
        self._govern = govern
        self._is_within_library = is_within_library
        self._methods = Methods()
        self._inside: set[int] = set()

    def put_in(self) -> None:
        """Have the calls governed of every driver that is loaded."""
        for module, classes in _CLASSES.items():
            for name, methods in classes.items():
                if module in sys.modules:
                    cls = getattr(sys.modules[module], name)
                    self._methods.replace(cls, **dict(self._governed(cls, methods)))

    def take_out(self) -> None:
        """Have the methods as they were."""
        self._methods.restore()

    def _governed(self, cls: type, names: tuple[str, ...]) -> Iterator[tuple[str, Callable[..., object]]]:
        for name in names:
            yield name, self._instead_of(name, vars(cls)[name])

    def _instead_of(self, name: str, old: Callable[..., object]) -> Callable[..., object]:
        def method(this: object, /, *values: Any, **options: Any) -> object:
            ident = get_ident()
            do = partial(old, this, *values, **options)
            if ident in self._inside or self._is_within_library():
                return do()
            self._inside.add(ident)
            try:
                doing = driver_calls.of_method(_meant(name, values), values)
                return self._govern(dbapi.driver_connection(this), doing, do)
            finally:
                self._inside.discard(ident)

        return method


def _meant(name: str, values: tuple[object, ...]) -> str:
    """A ``with`` block ends by committing, or by rolling back after an exception."""
    if name != _EXIT:
        return name
    return "commit" if values[:1] == (None,) else "rollback"
