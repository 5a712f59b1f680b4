"""What else of Python's own may make a thread wait: simple queues, and sleep."""

from __future__ import annotations

import _queue
import sys
import time
from collections.abc import Callable
from sys import _getframe
from types import ModuleType
from typing import Any

from dryfit.probes.schedule.governed import Governor
from dryfit.probes.schedule.methods import Methods

_QUEUE: Any = _queue.SimpleQueue
_GET, _PUT = _QUEUE.get, _QUEUE.put
SLEEP = time.sleep


class Queues:
    """Governs simple queues in the threads of operations, on which executors are built."""

    def __init__(self, governor: Governor) -> None:
        self._governor = governor
        self._methods = Methods()

    def put_in(self) -> None:
        """Have them known."""
        self._methods.replace(_QUEUE, get=self._get(), put=self._put())

    def take_out(self) -> None:
        """Have them as they were."""
        self._methods.restore()

    def forget(self) -> None:
        """There is nothing to forget."""

    def _get(self) -> Callable[..., object]:
        governor = self._governor

        def get(queue: Any, block: bool = True, timeout: float | None = None) -> object:
            here = governor.here()
            if here is None or (timeout is not None and timeout < 0):
                return _GET(queue, block, timeout)
            use = governor.use(here, queue, _getframe(1))
            governor.stop(here, use)
            while block and queue.empty():
                if not governor.wait(here, use, lambda: not queue.empty(), timeout=timeout):
                    break
            return _GET(queue, False)

        return get

    def _put(self) -> Callable[..., None]:
        governor = self._governor

        def put(queue: Any, item: object, block: bool = True, timeout: float | None = None) -> None:
            here = governor.here()
            if here is not None:
                governor.stop(here, governor.use(here, queue, _getframe(1)))
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
