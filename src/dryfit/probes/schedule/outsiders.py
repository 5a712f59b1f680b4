"""Threads that belong to no operation: they may be about to end a wait of one."""

from __future__ import annotations

import concurrent.futures.thread
import selectors
import socket
import sys
import threading
from collections.abc import Collection, Iterable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from dryfit.model.clock import Clock
from dryfit.probes.schedule.locks import kind_of
from dryfit.probes.schedule.queues import is_at_rest
from dryfit.probes.schedule.selects import CONNECTING, SELECTS
from dryfit.probes.schedule.threads import DRIVER

_WAIT = threading.Condition.wait.__code__
_READ = socket.SocketIO.readinto.__code__
_WORKER: CodeType = concurrent.futures.thread._worker.__code__

_SERVING = ("_connection_worker_thread", "run")
"""What a thread of aiosqlite's does, in its newer versions and in its older ones."""

PATIENCE = 0.25
"""Seconds after which a thread is taken for one that is never idle."""

_ROOM = str(Path(__file__).parent)

Where = tuple[CodeType, int]


class Outsiders:
    """Says whether they all stand idle, so that nothing will come of them but by what operations do.

    A thread is idle that waits for a condition which nobody has notified, for work that nobody has handed over, or for
    a socket from which nothing comes; and any other that stands where it stood when the exploration began, as one does
    that reads from a pipe. One that is never idle is not waited for again. Those that are ``lent`` to operations are
    none of them meanwhile.
    """

    def __init__(self, lent: Collection[int] = ()) -> None:
        self._lent = lent
        self._began: dict[int, Where] = {}
        self._own: set[int] = set()
        self._started: set[int] = set()
        self._restless: set[int] = set()
        self._busy: dict[int, float] = {}

    def begin(self) -> None:
        """Remember where they stand."""
        self._began = {ident: _where(frame) for ident, frame in sys._current_frames().items()}

    def forget(self) -> None:
        """The threads that an interleaving has started are over with it."""
        self._started.clear()

    def leave_out(self, ident: int) -> None:
        """A thread of dryfit's own."""
        self._own.add(ident)

    def leave_out_once(self, ident: int) -> None:
        """A thread that an operation has started."""
        self._started.add(ident)

    def renew(self, ident: int) -> None:
        """A thread has begun, maybe under the number of another one that is over."""
        self._began.pop(ident, None)
        self._busy.pop(ident, None)
        self._started.discard(ident)
        self._restless.discard(ident)

    def are_idle(self) -> bool:
        """Whether all of them wait for what only operations do."""
        frames = sys._current_frames()
        are_all_own = len(frames) <= len(self._own)
        del frames[
            threading.get_ident()
        ]  # this very frame would hold itself, and what the operations' frames hold
        if are_all_own:
            return True
        known = self._own | self._started | self._restless
        busy = [
            ident
            for ident, frame in frames.items()
            if ident not in known and ident not in self._lent and not self._rests(ident, frame)
        ]
        return not busy

    def _rests(self, ident: int, frame: FrameType) -> bool:
        if _connects(frame):
            self._busy.pop(ident, None)
            return False  # that takes the time that it takes
        if _serves(frame):
            self._busy.pop(ident, None)
            return _has_nothing_handed(_beneath(frame))
        if self._is_idle(ident, frame):
            self._busy.pop(ident, None)
            return True
        if Clock.monotonic() - self._busy.setdefault(ident, Clock.monotonic()) > PATIENCE:
            self._restless.add(ident)
        return False

    def _is_idle(self, ident: int, frame: FrameType) -> bool:
        standing = _beneath(frame)
        if standing.f_code is _WAIT:
            waiter: Any = standing.f_locals.get("waiter")
            # From CPython 3.14 on a lock that is let go may pass on to who waits without being free in between.
            return waiter is not None and waiter.locked() and waiter in standing.f_locals["self"]._waiters
        if standing is not frame and (held := _held(frame)) is not None:
            return held
        if standing.f_code is _WORKER:
            return is_at_rest(standing.f_locals["work_queue"])
        if standing.f_code in SELECTS:
            if standing.f_locals.get("timeout") == 0:
                return False  # the loop has something to do, and only looks
            return not _has_work(standing)
        if standing.f_code is _READ:
            return not _is_readable(standing.f_locals["self"]._sock)  # None once it is closed
        return self._began.get(ident) == _where(frame)


def _serves(frame: FrameType | None) -> bool:
    """Whether a thread is aiosqlite's, which comes to an end with what it does, however long that takes."""
    while frame is not None and frame.f_globals.get("__name__") != DRIVER:
        frame = frame.f_back
    return frame is not None


def _has_nothing_handed(standing: FrameType) -> bool:
    """Whether a connection's thread of aiosqlite's waits for what it is to do: what it did last has been heard of."""
    if standing.f_globals.get("__name__") != DRIVER or standing.f_code.co_name not in _SERVING:
        return False  # it does something
    values = standing.f_locals
    queue: Any = values["tx"] if "tx" in values else values["self"]._tx
    last: Any = values.get("future")
    return is_at_rest(queue) and (last is None or bool(last.done()))


def _held(frame: FrameType) -> bool | None:
    """Whether a thread is held up that came to a primitive while the exploration was on."""
    values = frame.f_locals
    if "lock" in values:
        return not kind_of(values["lock"]).is_free(values["lock"])
    if "queue" in values:
        return is_at_rest(values["queue"])
    return True if "seconds" in values else None


def _beneath(frame: FrameType) -> FrameType:
    """The frame that called a primitive, which is governed by code of this room."""
    while frame.f_code.co_filename.startswith(_ROOM) and frame.f_back is not None:
        frame = frame.f_back
    return frame


def _connects(frame: FrameType) -> bool:
    """Whether a thread, such as a pool's worker, waits for a server to answer that it is connected."""
    standing = _beneath(frame)
    if standing.f_code not in SELECTS or standing.f_back is None:
        return False
    return _beneath(standing.f_back).f_globals.get("__name__") in CONNECTING


def _where(frame: FrameType) -> Where:
    standing = _beneath(frame)
    return standing.f_code, standing.f_lasti


def _has_work(standing: FrameType) -> bool:
    """Whether a thread that waits in a selector would find something now.

    Its selector is not asked: a ``poll`` object lets nobody else ask while it waits, and one that is closed meanwhile
    fails.
    """
    waited: dict[int, selectors.SelectorKey] = dict(vars(standing.f_locals["self"]).get("_fd_to_key", {}))
    return _is_ready((key.fd, key.events) for key in waited.values())


def _is_readable(waited: socket.socket | None) -> bool:
    """Whether a thread that reads from a socket, as a server's does for its client, would find something now."""
    return waited is None or _is_ready([(waited.fileno(), selectors.EVENT_READ)])


def _is_ready(waited: Iterable[tuple[int, int]]) -> bool:
    try:
        with selectors.DefaultSelector() as asked:
            for file, events in waited:
                asked.register(file, events)
            return bool(asked.select(0))
    except (OSError, ValueError):
        return True  # one of them was closed: the thread is at work
