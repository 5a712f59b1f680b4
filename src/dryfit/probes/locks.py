"""Locks of the components that somebody holds."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from dryfit.probes.statics import derives, told_once

_LOCK = type(threading.Lock())
_RLOCK = type(threading.RLock())


def held_locks(named: Iterable[tuple[str, str, object]]) -> Iterator[tuple[str, int]]:
    """The locks that are held now, by name and identity, among values with their owners and names."""
    for owner, name, value in named:
        if _is_held(value):
            yield f"{owner}.{name}", id(value)


def _is_held(value: Any) -> bool:
    if not is_lock(type(value)):
        return False
    if type(value) is _RLOCK:
        return repr(value).startswith("<locked")  # before Python 3.14 it says so nowhere else
    return bool(value.locked())


@told_once
def is_lock(cls: type) -> bool:
    """Whether objects of a class are locks of threads or of tasks."""
    return cls is _RLOCK or derives(cls, _LOCK) or derives(cls, asyncio.Lock)
