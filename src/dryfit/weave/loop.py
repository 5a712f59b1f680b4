"""The one loop that calls the probes.

A trampoline asks whether the caller is inside the callee's own component, and calls the function as it was if so.
Otherwise it comes here. What happens at a seam is the same four times, for the four kinds of callables that Python
has: begin the crossing (the probes look, and may act), let the callee run as the innermost component, end the crossing
(the probes see the outcome, and may change it), and give the caller exactly what came of it: the same value, or the
same exception object, raised again where it was caught so that its context and its traceback stay.

An exception refers to the frames that it passed, so no local variable here keeps one: that would be a cycle which only
the garbage collector ends, and what the user's frames hold would live longer than without dryfit.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from sys import _getframe
from types import FrameType
from typing import Any, cast

from dryfit.model.crossing import NOTHING_KNOWN, Callee, Crossing, Site
from dryfit.model.outcome import Outcome, Raised, Returned
from dryfit.model.probe import Act, Around, Probe, Raise, Return
from dryfit.model.seam import DRIVER
from dryfit.weave.frames import VISIBLE
from dryfit.weave.garbage import Garbage
from dryfit.weave.sites import NOWHERE, Sites
from dryfit.weave.suspended import SUSPENDED
from dryfit.weave.trampoline import unseen

__tracebackhide__ = True  # pytest leaves the frames of this module out of its tracebacks

Values = tuple[Any, ...]
Begin = Callable[["Woven", Values, Crossing, FrameType], Crossing | None]
"""Says whether a call crosses a seam: woven, values, the crossing above, the frame that called."""

Heeds = Callable[[Callee, Values], bool]
"""Says of a call that test code makes of a library, by the callee and the values, whether it is a crossing."""

_DRIVER = Callee(component=DRIVER, name=DRIVER, parameters=())


@dataclass(slots=True, eq=False)
class Woven:
    """What a trampoline knows: whom it stands for, and how to call it with a tuple of its values in declared order.

    ``lasting`` is the loop's coroutine or generator function that crosses into one of the user's; plain functions have
    none. ``spread`` turns a function into one that takes its values by position, where it does not do so itself.
    """

    callee: Callee
    function: Callable[..., Any]
    component: str
    begin: Begin
    lasting: Callable[..., Any] | None = None
    spread: Callable[..., Any] | None = None

    def calling(self, function: Callable[..., Any]) -> Woven:
        """The same with another function that is made of the same code."""
        positional = function if self.spread is None else self.spread(function)
        return Woven(self.callee, positional, self.component, self.begin, self.lasting)


class Loop:
    """Calls ``probes`` at every crossing.

    ``current`` is the innermost crossing of this thread or task, ``handed_over`` the site at which the work of this
    thread was handed to it, ``depth`` says whether the frames between two of the user's are hidden. ``entered`` says
    that test code has called into the program, or changed a resource, since its test began. ``heeds`` says of what test
    code itself asks of a library whether it counts as what components ask of it.
    """

    def __init__(self, sites: Sites, probes: tuple[Probe, ...] = ()) -> None:
        self.sites = sites
        self.probes = probes
        self.failures: list[str] = []
        self.depth = VISIBLE
        self.root = driver("")
        self.test = self.root
        self.entered = False
        self.heeds: Heeds = _nothing
        self.current: ContextVar[Crossing] = ContextVar("dryfit_crossing", default=self.root)
        self.handed_over: ContextVar[Site] = ContextVar("dryfit_handed_over", default=NOWHERE)
        self.garbage = Garbage()
        self._get = self.current.get
        self._set = self.current.set
        self._known = sites.known

    def begin_test(self, test: str) -> None:
        """From now on crossings that nothing else is above belong to this test."""
        self.test = driver(test)
        self.entered = False
        self.root.known = NOTHING_KNOWN

    def cross(self, woven: Woven, values: Values, above: Crossing, frame: FrameType) -> object:
        """Cross into a plain function, where the trampoline has not counted it as one that repeats a known one."""
        if self.garbage.threads and self.garbage.is_here():
            return woven.function(*values)
        try:
            crossing = woven.begin(woven, values, above, frame)
        except Exception as error:  # noqa: BLE001 - whatever it raises is dryfit's own failure
            self.missed(error)
            crossing = None
        if crossing is None:
            return woven.function(*values)
        act = self._before(crossing)
        self._set(crossing)
        try:
            value = woven.function(*values) if act is None else perform(act, woven, values)
        except BaseException as error:
            self._set(above)
            instead = self.instead_of(error, crossing)
            if instead is None:
                raise
        else:
            self._set(above)
            instead = self._after(crossing, Returned(value))
        return instead.unwrap()

    def call_lasting(self, woven: Woven, values: Values) -> object:
        """Cross into what gives a coroutine or generator.

        Who calls is known now; the crossing begins with the first step. This stands directly below a trampoline, so
        ``_getframe(self.depth)`` is the frame that called that.
        """
        if self.garbage.threads and self.garbage.is_here():
            return woven.function(*values)
        try:
            frame = _getframe(self.depth)
        except ValueError:  # a greenlet begins with this call; who switched to it is found from here, too
            frame = _getframe()
        try:
            crossing = woven.begin(woven, values, self._get(), frame)
        except Exception as error:  # noqa: BLE001 - whatever it raises is dryfit's own failure
            self.missed(error)
            crossing = None
        if crossing is None or woven.lasting is None:
            return woven.function(*values)
        return woven.lasting(self, woven, crossing)

    @unseen
    async def coroutine(self, woven: Woven, crossing: Crossing) -> object:
        """Cross into a coroutine, until the end of what is awaited."""
        above = self._get()
        act = self._before(crossing)
        self._put(crossing)
        try:
            if act is None:
                value = await woven.function(*crossing.values)
            elif isinstance(act, Around):
                value = await cast(
                    Awaitable[object], act.call(partial(_awaited, woven.function, crossing.values))
                )
            else:
                value = perform(act, woven, crossing.values)
        except BaseException as error:
            self._put(above)
            instead = self.instead_of(error, crossing)
            if instead is None:
                raise
        else:
            self._put(above)
            instead = self._after(crossing, Returned(value))
        return instead.unwrap()

    @unseen
    def generator(self, woven: Woven, crossing: Crossing) -> Generator[object, object, object]:
        """Cross into a generator: its component is the innermost one while it runs, and not while it is suspended."""
        act = self._before(crossing)
        if act is not None and not isinstance(act, Around):
            return self._after(crossing, performed(act)).unwrap()
        inner = woven.function(*crossing.values)
        held: list[Any] = [partial(inner.send, None)]  # the next step, or the item that it gave
        instead: Outcome | None = None
        while instead is None:
            above = self._get()
            self._put(crossing)
            try:
                held.append(held.pop()())
            except StopIteration as stop:
                self._put(above)
                instead = self._after(crossing, Returned(stop.value))
            except BaseException as error:
                self._put(above)
                instead = self.instead_of(error, crossing)
                if instead is None:
                    raise
            else:
                self._put(above)
                try:
                    held.append(partial(inner.send, (yield held.pop())))
                except BaseException as error:  # noqa: BLE001 - the generator is to have it
                    held.append(partial(inner.throw, error))
        return instead.unwrap()

    @unseen
    async def async_generator(self, woven: Woven, crossing: Crossing) -> AsyncGenerator[Any, Any]:
        """Cross into an asynchronous generator; as for generators, and it has no value to return."""
        act = self._before(crossing)
        if act is not None and not isinstance(act, Around):
            self._after(crossing, performed(act)).unwrap()
            return
        inner = woven.function(*crossing.values)
        held: list[Any] = [first_step(inner)]
        instead: Outcome | None = None
        while instead is None:
            above = self._get()
            self._put(crossing)
            try:
                held.append(await held.pop())
            except StopAsyncIteration:
                self._put(above)
                instead = self._after(crossing, Returned(None))
            except BaseException as error:
                self._put(above)
                instead = self.instead_of(error, crossing)
                if instead is None:
                    raise
            else:
                self._put(above)
                try:
                    held.append(inner.asend((yield held.pop())))
                except BaseException as error:  # noqa: BLE001 - the generator is to have it
                    held.append(inner.athrow(error))
        instead.unwrap()

    def _put(self, crossing: Crossing) -> None:
        """Set the innermost crossing, where that may be; what is closed as garbage runs in a context of another's."""
        if not self.garbage.threads or not self.garbage.is_here():
            self._set(crossing)

    # What happens at every seam.

    def begin(self, woven: Woven, values: Values, above: Crossing, frame: FrameType) -> Crossing | None:
        """Say who calls whom from where; ``None`` where both ends turn out to be one component."""
        site = self._known.get(id(frame.f_code) + frame.f_lasti) or self.locate(frame, above)
        caller = site.component or innermost_component(above)
        if caller is woven.component:
            return None
        self.entered |= site.component is DRIVER
        parent = self.test if above is self.root else above
        crossing = Crossing(woven.callee, caller, site, values, parent, parent.test)
        for value in values:
            if id(type(value)) in SUSPENDED:
                crossing.inside = ""  # while the callee runs it, its frame tells who calls
        return crossing

    def begin_outside(
        self, callee: Callee, values: Values, above: Crossing, frame: FrameType
    ) -> Crossing | None:
        """The same for what stands outside of the components; of components alone where tests are not heeded.

        The outermost call counts, and the way to a resource below what else tests replace of a library.
        """
        if above.callee.kind == "stand-in" or above.callee.is_resource:
            return None
        if above.callee.kind == "library" and not callee.is_resource:
            return None
        site = self._known.get(id(frame.f_code) + frame.f_lasti) or self.locate(frame, above)
        caller = site.component or above.component
        if caller is DRIVER:
            self.entered |= site.component is DRIVER and callee.effect == "write"
            if not self.heeds(callee, values):
                return None
        parent = self.test if above is self.root else above
        return Crossing(callee, caller, site, values, parent, parent.test)

    def locate(self, frame: FrameType, above: Crossing) -> Site:
        """Find the call in the frames, or else where the work was handed over, if it was by who runs now."""
        site = self.sites.locate(frame)
        if site is NOWHERE:
            origin = self.handed_over.get()
            if origin.component is innermost_component(above):
                return origin
        return site

    def _before(self, crossing: Crossing) -> Act:
        act: Act = None
        for probe in self.probes:
            try:
                act = probe.before(crossing) or act
            except Exception as error:  # noqa: BLE001 - whatever it raises is dryfit's own failure
                self._failed(probe, error)
        parent = crossing.parent
        if parent is not None and parent.known:
            if len(self.probes) > 1:
                parent.known.clear()  # the others are to see every crossing
            elif parent is self.test:
                self.root.known = parent.known
        return act

    def ended(self, crossing: Crossing, value: object) -> Outcome:
        """Show the probes a crossing that turned out to be one to look at; what they make of its value."""
        return self._after(crossing, Returned(value))

    def _after(self, crossing: Crossing, outcome: Outcome) -> Outcome:
        for probe in self.probes:
            try:
                outcome = probe.after(crossing, outcome)
            except Exception as error:  # noqa: BLE001 - whatever it raises is dryfit's own failure
                self._failed(probe, error)
        crossing.values = ()
        crossing.known = NOTHING_KNOWN  # it refers to the crossing, and would wait for the garbage collector
        return outcome

    def instead_of(self, error: BaseException, crossing: Crossing) -> Outcome | None:
        """What the probes put in place of an exception; ``None`` where they let it be."""
        outcome = self._after(crossing, Raised(error))
        return None if outcome.carries(error) else outcome

    def missed(self, error: Exception) -> None:
        """Let a call go on bare that could not be looked at; the next one is tried again."""
        self._note("a call went by unseen", error)

    def _failed(self, probe: Probe, error: Exception) -> None:
        """Switch a probe off that raised, and name it; one that ran out of the user's stack only missed a crossing."""
        if not isinstance(error, RecursionError):
            self.probes = tuple(other for other in self.probes if other is not probe)
        self._note(f"probe {type(probe).__name__} was switched off", error)

    def _note(self, what: str, error: Exception) -> None:
        """Add to the failures, but for the user's recursion; in words that are found without reading a source file."""
        if isinstance(error, RecursionError):
            return
        name, line = _raised_at(error)
        failure = f"{what}: {type(error).__name__}: {error} ({name}, line {line}); please report it"
        if failure not in self.failures:
            self.failures.append(failure)


def _nothing(callee: Callee, values: Values) -> bool:
    """What test code asks of libraries is no crossing."""
    return False


def driver(test: str) -> Crossing:
    """The crossing above all others of one test: its own code."""
    return Crossing(_DRIVER, DRIVER, NOWHERE, (), None, test)


def innermost_component(crossing: Crossing | None) -> str:
    """The component that runs in a crossing: the callee, or for a resource library the one that called it."""
    while crossing is not None and crossing.callee.kind == "library":
        crossing = crossing.parent
    return crossing.component if crossing is not None else DRIVER


def perform(act: Raise | Return | Around, woven: Woven, values: Values) -> object:
    """Do what a probe asked for in place of the callee."""
    if isinstance(act, Around):
        return act.call(partial(woven.function, *values))
    return performed(act).unwrap()


@unseen
async def _awaited(function: Callable[..., Awaitable[object]], values: Values) -> object:
    """A call that is told to be asynchronous, however it is spread."""
    return await function(*values)


def performed(act: Raise | Return) -> Outcome:
    """The outcome of an act."""
    return Raised(act.exception) if isinstance(act, Raise) else Returned(act.value)


def _raised_at(error: Exception) -> tuple[str, int]:
    """The function and the line that raised."""
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    return (step.tb_frame.f_code.co_name, step.tb_lineno) if step is not None else ("?", 0)


def first_step(inner: AsyncGenerator[object, object]) -> Awaitable[object]:
    """Start an inner asynchronous generator unseen by the event loop, which is to close only the one it was given."""
    hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(None, None)
    try:
        return inner.asend(None)
    finally:
        sys.set_asyncgen_hooks(*hooks)
