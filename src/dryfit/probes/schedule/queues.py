"""What else of Python's own may make a thread wait: simple queues, and sleep."""

from __future__ import annotations

import _queue
import sys
import time
from collections.abc import Callable
from sys import _getframe
from threading import get_ident
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from dryfit.probes.schedule.governed import Governor
from dryfit.probes.schedule.methods import Methods

_QUEUE: Any = _queue.SimpleQueue
_GET, _PUT = _QUEUE.get, _QUEUE.put
_GET_NOWAIT, _PUT_NOWAIT = _QUEUE.get_nowait, _QUEUE.put_nowait
SLEEP = time.sleep


class _Passed:
    """How many items a queue was given and how many were taken; ``known`` are the threads that have come for one.

    Any thread counts, without a lock: nothing here is a call, at which another thread might go on.
    """

    __slots__ = ("given", "known", "taken")

    def __init__(self) -> None:
        self.given = self.taken = 0
        self.known: set[int] = set()

    def take(self) -> None:
        """One that was given was taken, if there was any: what was there before was not counted."""
        if self.taken < self.given:
            self.taken += 1


_passed: WeakKeyDictionary[Any, _Passed] = WeakKeyDictionary()


def is_at_rest(queue: Any) -> bool:
    """Whether nothing is in a queue, nor on its way out.

    From CPython 3.13 on an item goes straight to who waits for it, who has still to wake up.
    """
    passed = _passed.get(queue)
    return bool(queue.empty()) and (passed is None or passed.taken >= passed.given)


def _passed_of(queue: Any) -> _Passed:
    return _passed.get(queue) or _passed.setdefault(queue, _Passed())


def _get_nowait(queue: Any) -> object:
    item: object = _GET_NOWAIT(queue)
    _passed_of(queue).take()
    return item


def _put_nowait(queue: Any, item: object) -> None:
    _passed_of(queue).given += 1
    _PUT_NOWAIT(queue, item)


class Queues:
    """Governs simple queues in the threads of operations, on which executors are built."""

    def __init__(self, governor: Governor) -> None:
        self._governor = governor
        self._methods = Methods()

    def put_in(self) -> None:
        """Have them known."""
        _passed.clear()
        self._methods.replace(
            _QUEUE, get=self._get(), put=self._put(), get_nowait=_get_nowait, put_nowait=_put_nowait
        )

    def take_out(self) -> None:
        """Have them as they were."""
        self._methods.restore()

    def forget(self) -> None:
        """There is nothing to forget."""

    def _get(self) -> Callable[..., object]:
        governor = self._governor

        def get(queue: Any, block: bool = True, timeout: float | None = None) -> object:
            here = governor.here()
            passed = _passed_of(queue)
            if here is None or (timeout is not None and timeout < 0):
                if (ident := get_ident()) not in passed.known:
                    passed.known.add(ident)
                    passed.take()  # it may have waited already before it was known
                item = _GET(queue, block, timeout)
                passed.take()
                return item
            use = governor.use(here, queue, _getframe(1))
            governor.stop(here, use)
            while block and queue.empty():
                if not governor.wait(here, use, lambda: not queue.empty(), timeout=timeout):
                    break
            item = _GET(queue, False)
            passed.take()
            return item

        return get

    def _put(self) -> Callable[..., None]:
        governor = self._governor

        def put(queue: Any, item: object, block: bool = True, timeout: float | None = None) -> None:
            here = governor.here()
            if here is not None:
                governor.stop(here, governor.use(here, queue, _getframe(1)))
            _passed_of(queue).given += 1
            _PUT(queue, item, block, timeout)

        return put


class Sleep:
    """Has a sleep of an operation let others go on, and take no time."""

    def __init__(self, governor: Governor) -> None:
        self._governor = governor
        self._modules: tuple[ModuleType, ...] = ()
        self._sleep = self._made()

    def put_in(self) -> None:
        """Stand in for ``time.sleep`` in all modules that have it under its own name."""
        loaded = tuple(sys.modules.values())
        self._modules = tuple(each for each in loaded if getattr(each, "__dict__", {}).get("sleep") is SLEEP)
        for module in self._modules:
            vars(module)["sleep"] = self._sleep

    def take_out(self) -> None:
        """Put it back."""
        for module in self._modules:
            if vars(module).get("sleep") is self._sleep:
                vars(module)["sleep"] = SLEEP

    def forget(self) -> None:
        """There is nothing to forget."""

    def _made(self) -> Callable[[float], None]:
        governor = self._governor

        def sleep(seconds: float, /) -> None:
            here = governor.here()
            if here is None or seconds < 0 or here[1].is_calling:
                return SLEEP(seconds)
            governor.pause(here, f"sleep({seconds:g})", governor.use(here, SLEEP, _getframe(1)), seconds)
            return None

        return sleep
