"""Carries the current crossing into threads and executors, which begin with an empty context.

Tasks, ``asyncio.to_thread`` and the portals of test clients copy their context by themselves.
"""

from __future__ import annotations

import asyncio
import concurrent.futures.thread
import sys
import threading
from collections.abc import Awaitable, Callable
from contextvars import Context
from sys import _getframe
from types import FrameType
from typing import Any
from weakref import WeakSet

from dryfit.model.crossing import Callee, Crossing, Site
from dryfit.model.seam import DRIVER
from dryfit.weave.loop import Loop, Woven
from dryfit.weave.sites import NOWHERE
from dryfit.weave.trampoline import unseen
from dryfit.weave.weaver import Cross, Weaver

__tracebackhide__ = True

HAS_OWN_CONTEXT = sys.version_info >= (3, 14)
"""A thread enters a context of its own once it has begun: the one that it was given, a copy, or an empty one."""


class Carrier:
    """Notes the crossing and the site at which work is handed over, and takes them up where the work is done.

    ``started`` are the threads that were started below a crossing.
    """

    def __init__(self, loop: Loop) -> None:
        self.started: WeakSet[threading.Thread] = WeakSet()
        self._loop = loop
        self._carried: dict[int, tuple[Crossing, Site]] = {}

    def weave(self, weaver: Weaver) -> None:
        """Weave the functions of the standard library that hand work over, and those that do it."""
        item = concurrent.futures.thread._WorkItem
        hand_over, take_up = self._hand_over, self._take_up
        woven: tuple[tuple[Callable[..., object], Cross], ...] = (
            (threading.Thread.start, hand_over),
            (threading.Thread._bootstrap_inner, take_up),  # type: ignore[attr-defined]  # runs in the new thread
            (item.__init__, hand_over),
            (item.run, take_up),
        )
        for function, cross in woven:
            weaver.weave(function, _callee(function), cross=cross)
        weaver.weave(asyncio.to_thread, _callee(asyncio.to_thread), cross=self._hand_on)

    def _hand_over(self, woven: Woven, values: tuple[Any, ...]) -> Any:
        loop = self._loop
        crossing = loop.current.get()
        try:
            frame = _getframe(loop.depth)
        except ValueError:  # a greenlet begins with this call
            frame = _getframe()
        site = self._site(frame, crossing)
        if isinstance(values[0], threading.Thread) and crossing.component is not DRIVER:
            self.started.add(values[0])
        self._carried[id(values[0])] = (loop.test if crossing is loop.root else crossing, site)
        try:
            return woven.function(*values)
        except BaseException:
            self._carried.pop(id(values[0]), None)  # it never began
            raise

    def _take_up(self, woven: Woven, values: tuple[Any, ...]) -> Any:
        crossing, site = self._carried.pop(id(values[0]), (None, None))
        if crossing is None or site is None:
            return woven.function(*values)
        before = self._put(crossing, site)
        own = getattr(values[0], "_context", None) if HAS_OWN_CONTEXT else None
        before_in_own = _within(own, self._put, crossing, site)
        try:
            return woven.function(*values)
        finally:
            if before_in_own is not None:
                _within(own, self._put, *before_in_own)
            self._put(*before)

    def _put(self, crossing: Crossing, site: Site) -> tuple[Crossing, Site]:
        """Set both in the current context; what they were."""
        before = self._loop.current.get(), self._loop.handed_over.get()
        self._loop.current.set(crossing)
        self._loop.handed_over.set(site)
        return before

    def _hand_on(self, woven: Woven, values: tuple[Any, ...]) -> Any:
        try:
            frame = _getframe(self._loop.depth)
        except ValueError:  # a greenlet begins with this call
            frame = _getframe()
        return self._with_site(self._site(frame, self._loop.current.get()), woven.function(*values))

    def _site(self, frame: FrameType, crossing: Crossing) -> Site:
        """Where work is handed over; of work that hands on what it was handed, where that was."""
        try:
            return self._loop.locate(frame, crossing)
        except Exception as error:  # noqa: BLE001 - whatever it raises is dryfit's own failure
            self._loop.missed(error)
            return NOWHERE

    @unseen
    async def _with_site(self, site: Site, work: Awaitable[object]) -> object:
        """Put the site into the context that ``asyncio.to_thread`` is about to copy."""
        token = self._loop.handed_over.set(site)
        try:
            return await work
        finally:
            self._loop.handed_over.reset(token)


def _within(
    context: Context | None,
    put: Callable[[Crossing, Site], tuple[Crossing, Site]],
    crossing: Crossing,
    site: Site,
) -> tuple[Crossing, Site] | None:
    """Do it in a context; ``None`` where there is none, or somebody else is in it (as the thread will find out)."""
    try:
        return None if context is None else context.run(put, crossing, site)
    except RuntimeError:
        return None


def _callee(function: Callable[..., Any]) -> Callee:
    return Callee(component="<threads>", name=function.__qualname__, parameters=())
