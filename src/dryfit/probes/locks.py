"""Locks of the components that somebody holds."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator

_LOCK = type(threading.Lock())
_RLOCK = type(threading.RLock())


def held_locks(named: Iterable[tuple[str, object]]) -> Iterator[tuple[str, int]]:
    """The locks that are held now, by name and identity, among values with the names of what holds them."""
    for name, value in named:
        if _is_held(value):
            yield name, id(value)


def _is_held(value: object) -> bool:
    if type(value) is _RLOCK:
        return repr(value).startswith("<locked")  # before Python 3.14 it says so nowhere else
    return isinstance(value, _LOCK | asyncio.Lock) and value.locked()
