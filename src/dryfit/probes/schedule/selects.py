"""Event loops that run in operations' threads, and whatever else waits for sockets by way of ``selectors``."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Mapping
from sys import _getframe
from types import CodeType
from typing import Any

from dryfit.model.clock import Clock
from dryfit.probes.schedule.governed import Governor, Here
from dryfit.probes.schedule.uses import Use

_CLASSES: tuple[Any, ...] = tuple(
    each
    for each in {id(each): each for each in vars(selectors).values()}.values()  # the default one has two names
    if isinstance(each, type) and issubclass(each, selectors.BaseSelector) and "select" in vars(each)
    and not getattr(vars(each)["select"], "__isabstractmethod__", False)
)  # fmt: skip

SELECTS: Mapping[CodeType, Callable[..., list[Any]]] = {
    each.select.__code__: each.select for each in _CLASSES
}
"""What waits in the library's own selectors, by its code."""


CONNECTING = frozenset({"psycopg.waiting"})
"""Modules that wait while they connect to a server, and for nobody else: that takes the time that it takes."""


class Selects:
    """Governs ``select``: a loop that has nothing to do lets others go on, and is woken as by any other event."""

    def __init__(self, governor: Governor) -> None:
        self._governor = governor
        self._old: list[tuple[Any, Callable[..., Any]]] = []

    def put_in(self) -> None:
        """Have them known."""
        for each in _CLASSES:
            self._old.append((each, each.select))
            each.select = self._governed(each.select)

    def take_out(self) -> None:
        """Have them as they were."""
        while self._old:
            cls, select = self._old.pop()
            cls.select = select

    def forget(self) -> None:
        """There is nothing to forget."""

    def _governed(self, really: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
        governor = self._governor

        def select(selector: Any, timeout: float | None = None) -> list[Any]:
            here = governor.here()
            if here is None or here[1].is_calling or _getframe(1).f_globals.get("__name__") in CONNECTING:
                return really(selector, timeout)
            found = really(selector, 0)
            if found or (timeout is not None and timeout <= 0):
                return found
            if here[1].pending:
                return governor.call(here, lambda: really(selector, timeout))
            use = governor.use(here, selector, _getframe(1))
            if timeout is not None and _is_sleep():
                governor.pause(here, f"sleep({timeout:g})", use, timeout)
            else:
                self._wait(here, use, selector, timeout, really)
            return really(selector, 0)

        return select

    def _wait(
        self, here: Here, use: Use, selector: Any, timeout: float | None, really: Callable[..., Any]
    ) -> None:
        # A loop's own pair of sockets is where its other threads wake it; whatever else is in there comes from outside.
        if len(selector.get_map()) <= 1:
            self._governor.wait(here, use, lambda: bool(really(selector, 0)), timeout=timeout)
            return
        until = Clock.monotonic() + timeout if timeout is not None else None

        def is_over() -> bool:
            return bool(really(selector, 0)) or (until is not None and Clock.monotonic() >= until)

        self._governor.wait(here, use, is_over, is_outside=True)


def _is_sleep() -> bool:
    """Whether the event loop of this thread has nothing to do until a task of its has slept."""
    loop: Any = asyncio._get_running_loop()
    timers: Any = getattr(loop, "_scheduled", None)
    return bool(timers) and timers[0]._callback is _SLEPT


_SLEPT = asyncio.futures._set_result_unless_cancelled  # type: ignore[attr-defined]
