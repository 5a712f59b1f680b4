"""Carries the current crossing into threads and executors, which begin with an empty context.

Tasks, ``asyncio.to_thread`` and the portals of test clients copy their context by themselves.
"""

from __future__ import annotations

import concurrent.futures.thread
import threading
from collections.abc import Callable
from typing import Any

from dryfit.model.crossing import Callee, Crossing
from dryfit.weave.loop import Loop, Woven
from dryfit.weave.trampoline import unseen
from dryfit.weave.weaver import Weaver

__tracebackhide__ = True


class Carrier:
    """Notes the crossing in which a piece of work is handed over, and takes it up where the work is done."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._carried: dict[int, Crossing] = {}

    def weave(self, weaver: Weaver) -> None:
        """Weave the functions of the standard library that hand work over, and those that do it."""
        item = concurrent.futures.thread._WorkItem
        for function, cross in (
            (threading.Thread.start, self._hand_over),
            (threading.Thread._bootstrap_inner, self._take_up),  # type: ignore[attr-defined]  # runs in the new thread
            (item.__init__, self._hand_over),
            (item.run, self._take_up),
        ):
            weaver.weave(function, _callee(function), cross=cross)

    @unseen
    def _hand_over(self, woven: Woven, values: tuple[Any, ...]) -> Any:
        crossing = self._loop.current.get()
        self._carried[id(values[0])] = self._loop.test if crossing is self._loop.root else crossing
        try:
            return woven.function(*values)
        except BaseException:
            self._carried.pop(id(values[0]), None)  # it never began
            raise

    @unseen
    def _take_up(self, woven: Woven, values: tuple[Any, ...]) -> Any:
        current = self._loop.current
        crossing = self._carried.pop(id(values[0]), None)
        if crossing is None:
            return woven.function(*values)
        before = current.get()
        current.set(crossing)
        try:
            return woven.function(*values)
        finally:
            current.set(before)


def _callee(function: Callable[..., Any]) -> Callee:
    return Callee(component="<threads>", name=function.__qualname__, parameters=())
