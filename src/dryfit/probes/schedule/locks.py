"""Locks, known to the controller while an exploration lasts, and with them all that the library builds on locks."""

from __future__ import annotations

from _thread import LockType, RLock
from collections.abc import Callable
from dataclasses import dataclass, replace
from sys import _getframe
from typing import Any

from dryfit.probes.schedule.breaking import GRACE
from dryfit.probes.schedule.broken_off import broken_off
from dryfit.probes.schedule.governed import Governor, Here
from dryfit.probes.schedule.kept import Kept
from dryfit.probes.schedule.lane import ACQUIRE, RELEASE, Lane, nobody
from dryfit.probes.schedule.methods import Methods
from dryfit.probes.schedule.uses import Use


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the interpreter's two kinds of locks: its own methods, asked by any thread or by the one that uses it."""

    acquire: Callable[..., bool]
    release: Callable[..., None]
    is_free: Callable[[Any], bool]
    is_mine: Callable[[Any], bool]


def _is_free(lock: LockType) -> bool:
    return not lock.locked()


def _is_free_again(lock: Any) -> bool:
    """A reentrant lock cannot be asked before Python 3.14: it is taken, and let go of."""
    if lock._is_owned() or not REENTRANT.acquire(lock, False):
        return False
    REENTRANT.release(lock)
    return True


def _is_owned(lock: Any) -> bool:
    return bool(lock._is_owned())


_RLOCK: Any = RLock
_SAVE, _RESTORE = _RLOCK._release_save, _RLOCK._acquire_restore
SIMPLE = Kind(ACQUIRE, RELEASE, _is_free, lambda lock: False)
REENTRANT = Kind(_RLOCK.acquire, _RLOCK.release, _is_free_again, _is_owned)


def kind_of(lock: object) -> Kind:
    """The kind of a lock."""
    return REENTRANT if isinstance(lock, _RLOCK) else SIMPLE


class Locks:
    """Governs locks in the threads of operations; in others they are what they were."""

    def __init__(self, governor: Governor) -> None:
        self._governor = governor
        self._holders: dict[int, tuple[object, Lane]] = {}
        self._methods = Methods()
        self._kept = Kept()

    def put_in(self) -> None:
        """Have them known."""
        acquire, release = self._acquire_of(SIMPLE), self._release_of(SIMPLE, RELEASE)
        self._methods.replace(
            LockType, acquire=acquire, acquire_lock=acquire, __enter__=acquire,
            release=release, release_lock=release, __exit__=release,
        )  # fmt: skip
        acquire, release = self._acquire_of(REENTRANT), self._release_of(REENTRANT, REENTRANT.release)
        self._methods.replace(
            _RLOCK, acquire=acquire, __enter__=acquire, release=release, __exit__=release,
            _release_save=self._release_of(REENTRANT, _SAVE), _acquire_restore=self._restore(),
        )  # fmt: skip
        self._kept.replace()

    def take_out(self) -> None:
        """Have them as they were."""
        self._methods.restore()
        self._kept.restore()
        self.forget()

    def forget(self) -> None:
        """Nobody holds anything."""
        self._holders.clear()

    def _acquire_of(self, kind: Kind) -> Callable[..., bool]:
        governor, really = self._governor, kind.acquire

        def acquire(lock: Any, blocking: bool = True, timeout: float = -1) -> bool:
            here = governor.here()
            if here is None:
                return really(lock, blocking, timeout)
            use = governor.use(here, lock, _getframe(1))
            if not kind.is_mine(lock):
                governor.stop(here, use)
            return self._take(here, lock, kind, use, blocking, timeout)

        return acquire

    def _take(self, here: Here, lock: Any, kind: Kind, use: Use, blocking: bool, timeout: float) -> bool:
        is_taken = kind.acquire(lock, False)
        if not is_taken and blocking and (timeout == -1 or timeout > 0):
            is_taken = self._wait(here, lock, kind, use, timeout if timeout > 0 else None)
        elif not is_taken:
            is_taken = kind.acquire(lock, blocking, timeout)
        if is_taken and not use.is_signal:
            self._holders[id(lock)] = lock, here[1]
        return is_taken

    def _wait(self, here: Here, lock: Any, kind: Kind, use: Use, timeout: float | None) -> bool:
        if here[0].ending is not None:
            return self._take_at_last(here[1], lock, kind)
        held = nobody if use.is_signal else lambda: self._holder(lock)
        while self._governor.wait(here, use, lambda: kind.is_free(lock), held, timeout=timeout):
            if kind.acquire(lock, False):
                return True
        return kind.acquire(lock, False)

    def _take_at_last(self, lane: Lane, lock: Any, kind: Kind) -> bool:
        """An operation that is broken off cleans up after itself: others are about to let go."""
        if kind.acquire(lock, True, GRACE):
            return True
        raise broken_off(is_in_loop=lane.is_in_loop)

    def _holder(self, lock: object) -> Lane | None:
        found = self._holders.get(id(lock))
        return found[1] if found is not None else None

    def _release_of(self, kind: Kind, really: Callable[..., Any]) -> Callable[..., Any]:
        governor, holders = self._governor, self._holders

        def release(lock: Any, *exception: object) -> Any:
            result = really(lock)
            if not kind.is_mine(lock):
                holders.pop(id(lock), None)
            here = governor.here()
            if here is not None:
                governor.released(here, governor.use(here, lock, _getframe(1)))
            return result

        return release

    def _restore(self) -> Callable[[Any, Any], None]:
        governor = self._governor

        def restore(lock: Any, state: Any) -> None:
            here = governor.here()
            if here is not None:
                use = replace(governor.use(here, lock, _getframe(1)), is_signal=False)
                self._take(here, lock, REENTRANT, use, True, -1)
                REENTRANT.release(lock)
            _RESTORE(lock, state)

        return restore
