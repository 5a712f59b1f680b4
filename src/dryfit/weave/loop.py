"""The one loop that calls the probes.

A trampoline asks whether the caller is inside the callee's own component, and calls the function as it was if so.
Otherwise it comes here. What happens at a seam is the same four times, for the four kinds of callables that Python has:
begin the crossing (the probes look, and may act), let the callee run as the innermost component, end the crossing
(the probes see the outcome, and may change it), and give the caller exactly what came of it: the same value, or the same
exception object, raised again where it was caught so that its context and its traceback stay.
"""

from __future__ import annotations

import traceback
from collections.abc import AsyncGenerator, Callable, Generator
from contextvars import ContextVar
from dataclasses import dataclass
from sys import _getframe
from types import FrameType
from typing import Any

from dryfit.model.crossing import Callee, Crossing
from dryfit.model.outcome import Outcome, Raised, Returned
from dryfit.model.probe import Act, Probe, Raise, Return
from dryfit.model.seam import DRIVER
from dryfit.weave.sites import NOWHERE, Sites
from dryfit.weave.trampoline import first_step, unseen

__tracebackhide__ = True  # pytest leaves the frames of this module out of its tracebacks

Values = tuple[Any, ...]
Begin = Callable[["Woven", Values, Crossing, FrameType], Crossing | None]
"""Says whether a call crosses a seam: woven, values, the crossing above, the frame that called."""

_DRIVER = Callee(component=DRIVER, name=DRIVER, parameters=())


@dataclass(frozen=True, slots=True, eq=False)
class Woven:
    """What a trampoline knows: whom it stands for, and how to call it with a tuple of its values in declared order."""

    callee: Callee
    function: Callable[..., Any]
    component: str
    begin: Begin


class Loop:
    """Calls ``probes`` at every crossing. ``current`` is the innermost crossing of this thread or task."""

    def __init__(self, sites: Sites, probes: tuple[Probe, ...] = ()) -> None:
        self.sites = sites
        self.probes = probes
        self.failures: list[str] = []
        self.root = driver("")
        self.test = self.root
        self.current: ContextVar[Crossing] = ContextVar("dryfit_crossing", default=self.root)
        self._get = self.current.get
        self._set = self.current.set
        self._known = sites.known

    # The four kinds of callables. Each stands directly below its trampoline: `_getframe(2)` is the frame that called.

    @unseen
    def call(self, woven: Woven, values: Values) -> object:
        """Cross into a plain function."""
        above = self._get()
        crossing = woven.begin(woven, values, above, _getframe(2))
        if crossing is None:
            return woven.function(*values)
        act = self._before(crossing)
        self._set(crossing)
        try:
            value = woven.function(*values) if act is None else perform(act)
        except BaseException as error:
            self._set(above)
            if (outcome := self._after(crossing, Raised(error))).carries(error):
                del outcome
                raise
            return outcome.unwrap()
        self._set(above)
        return self._after(crossing, Returned(value)).unwrap()

    @unseen
    async def call_coroutine(self, woven: Woven, values: Values) -> object:
        """Cross into a coroutine function; the crossing lasts from the first step to the end of what is awaited."""
        above = self._get()
        crossing = woven.begin(woven, values, above, _getframe(2))
        if crossing is None:
            return await woven.function(*values)
        act = self._before(crossing)
        self._set(crossing)
        try:
            value = await woven.function(*values) if act is None else perform(act)
        except BaseException as error:
            self._set(above)
            if (outcome := self._after(crossing, Raised(error))).carries(error):
                del outcome
                raise
            return outcome.unwrap()
        self._set(above)
        return self._after(crossing, Returned(value)).unwrap()

    @unseen
    def call_generator(self, woven: Woven, values: Values) -> Generator[object, object, object]:
        """Cross into a generator: its component is the innermost one only while it runs, not while it is suspended."""
        crossing = woven.begin(woven, values, self._get(), _getframe(2))
        if crossing is None:
            return (yield from woven.function(*values))
        act = self._before(crossing)
        if act is not None:
            return self._after(crossing, performed(act)).unwrap()
        inner = woven.function(*values)
        resume, arguments = (
            inner.send,
            [None],
        )  # a list to pop from: no local may keep an exception that keeps this frame
        while True:
            above = self._get()
            self._set(crossing)
            try:
                item = resume(arguments.pop())
            except StopIteration as stop:
                value = stop.value
                break
            except BaseException as error:
                if (outcome := self._after(crossing, Raised(error))).carries(error):
                    del outcome
                    raise
                return outcome.unwrap()
            finally:
                self._set(above)
            try:
                arguments.append((yield item))
            except BaseException as error:
                resume = inner.throw
                arguments.append(error)
            else:
                resume = inner.send
        return self._after(crossing, Returned(value)).unwrap()

    @unseen
    async def call_async_generator(self, woven: Woven, values: Values) -> AsyncGenerator[Any, Any]:
        """Cross into an asynchronous generator; as for generators, and it has no value to return."""
        crossing = woven.begin(woven, values, self._get(), _getframe(2))
        if crossing is not None:
            act = self._before(crossing)
            if act is not None:
                self._after(crossing, performed(act)).unwrap()
                return
        inner = woven.function(*values)
        steps = [first_step(inner)]
        while True:
            above = self._get()
            self._set(crossing or above)
            try:
                item = await steps.pop()
            except StopAsyncIteration:
                break
            except BaseException as error:
                if crossing is None or (outcome := self._after(crossing, Raised(error))).carries(error):
                    outcome = None
                    raise
                outcome.unwrap()
                return
            finally:
                self._set(above)
            try:
                item = yield item
            except GeneratorExit as error:
                self._set(crossing or above)
                try:
                    await inner.aclose()
                finally:
                    self._set(above)
                    if crossing is not None:
                        self._after(crossing, Raised(error))
                raise
            except BaseException as error:
                steps.append(inner.athrow(error))
            else:
                steps.append(inner.asend(item))
        if crossing is not None:
            self._after(crossing, Returned(None)).unwrap()

    # What happens at every seam.

    def begin(self, woven: Woven, values: Values, above: Crossing, frame: FrameType) -> Crossing | None:
        """Say who calls whom from where; ``None`` where both ends turn out to be one component."""
        site = self._known.get((id(frame.f_code), frame.f_lasti)) or self.sites.locate(frame)
        caller = site.component or innermost_component(above)
        if caller is woven.component:
            return None
        parent = self.test if above is self.root else above
        return Crossing(woven.callee, caller, site, values, parent, parent.test)

    def begin_outside(
        self, callee: Callee, values: Values, above: Crossing, frame: FrameType
    ) -> Crossing | None:
        """The same for what stands outside of the components; only components' calls count, and the outermost one."""
        if above.callee.kind in {"library", "stand-in"}:
            return None
        site = self._known.get((id(frame.f_code), frame.f_lasti)) or self.sites.locate(frame)
        caller = site.component or above.component
        if caller is DRIVER:
            return None
        parent = self.test if above is self.root else above
        return Crossing(callee, caller, site, values, parent, parent.test)

    def _before(self, crossing: Crossing) -> Act:
        act: Act = None
        for probe in self.probes:
            try:
                act = probe.before(crossing) or act
            except Exception as error:  # noqa: BLE001 - whatever a probe raises is dryfit's own failure
                self._failed(probe, error)
        return act

    def _after(self, crossing: Crossing, outcome: Outcome) -> Outcome:
        for probe in self.probes:
            try:
                outcome = probe.after(crossing, outcome)
            except Exception as error:  # noqa: BLE001 - whatever a probe raises is dryfit's own failure
                self._failed(probe, error)
        crossing.values = ()
        return outcome

    def _failed(self, probe: Probe, error: Exception) -> None:
        """Switch a probe off that raised, and name it; one that ran out of the user's stack only missed a crossing."""
        if isinstance(error, RecursionError):
            return
        self.probes = tuple(other for other in self.probes if other is not probe)
        where = traceback.extract_tb(error.__traceback__)[-1]
        self.failures.append(
            f"probe {type(probe).__name__} was switched off: {type(error).__name__}: {error} "
            f"({where.name}, line {where.lineno}); please report it"
        )


def driver(test: str) -> Crossing:
    """The crossing above all others of one test: its own code."""
    return Crossing(_DRIVER, DRIVER, NOWHERE, (), None, test)


def innermost_component(crossing: Crossing | None) -> str:
    """The component that runs in a crossing: the callee, or for a resource library the one that called it."""
    while crossing is not None and crossing.callee.kind == "library":
        crossing = crossing.parent
    return crossing.component if crossing is not None else DRIVER


def perform(act: Raise | Return) -> object:
    """Do what a probe asked for in place of the callee."""
    return performed(act).unwrap()


def performed(act: Raise | Return) -> Outcome:
    """The outcome of an act."""
    return Raised(act.exception) if isinstance(act, Raise) else Returned(act.value)
