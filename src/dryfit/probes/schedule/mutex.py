"""The controller's own mutex."""

from __future__ import annotations

from _thread import LockType, allocate_lock

from dryfit.probes.schedule.lane import ACQUIRE, RELEASE


class Mutex:
    """A lock that is never taken for one of the program's, whichever thread takes it and when.

    A lane that had to wait for a plain one, as the watcher held it for a moment, would hand its turn on.
    """

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock: LockType = allocate_lock()

    def __enter__(self) -> None:
        ACQUIRE(self._lock)

    def __exit__(self, *exception: object) -> None:
        RELEASE(self._lock)
