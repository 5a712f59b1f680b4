"""A small stage for probes: functions become crossings, without any weaving."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import FrameType, FunctionType
from typing import Any, cast

import pytest

from dryfit.model.crossing import Callee, CalleeKind, Crossing, Site
from dryfit.model.outcome import Raised, Returned
from dryfit.model.seam import DRIVER, Effect, Place
from dryfit.model.trace import Observations
from dryfit.probes import Observer

Function = Callable[..., Any]


class Stage:
    """Calls the observer as the loop does; the component of a call is the innermost crossing's callee."""

    def __init__(self) -> None:
        self.callees: dict[object, Callee] = {}
        self.observer = Observer(self.callees.get, lambda file: None, Path("/project"))
        self.current: ContextVar[Crossing] = ContextVar("current")
        self.sites: dict[tuple[object, int, str], Site] = {}
        self.begin("a test")

    def begin(self, test: str) -> None:
        """A new test, with a driver of its own."""
        nowhere = Site(None, None, 0, Place("", 0))
        self.current.set(Crossing(Callee(DRIVER, DRIVER, ()), DRIVER, nowhere, (), None, test))

    def end(self, test: str = "a test") -> Observations:
        """What the observer tells at the end of the test."""
        return self.observer.finish(test, "passed", 0.5)

    def of(
        self, component: str, *, kind: CalleeKind = "function", effect: Effect = "call", stands_for: str = ""
    ) -> Callable[[Function], Function]:
        """Make a function a callable of a component."""

        def decorate(function: Function) -> Function:
            names = tuple(inspect.signature(function).parameters)
            callee = Callee(
                component,
                f"{component}.{function.__name__}",
                names,
                kind,
                effect,
                names[:1] == ("self",),
                cast(FunctionType, function),
                stands_for,
            )
            return self._wrapped(callee, function)

        return decorate

    def _wrapped(self, callee: Callee, function: Function) -> Function:
        if inspect.iscoroutinefunction(function):

            async def awaited(*args: Any, **named: Any) -> Any:
                with self.crossing(callee, _bound(function, args, named), inspect.currentframe()) as end:
                    return end(await function(*args, **named))

            return functools.wraps(function)(awaited)

        def called(*args: Any, **named: Any) -> Any:
            with self.crossing(callee, _bound(function, args, named), inspect.currentframe()) as end:
                return end(function(*args, **named))

        return functools.wraps(function)(called)

    @contextmanager
    def crossing(
        self, callee: Callee, values: tuple[object, ...], frame: FrameType | None
    ) -> Iterator[Function]:
        above = self.current.get()
        caller = frame.f_back if frame is not None else None
        assert caller is not None
        crossing = Crossing(
            callee, above.component, self._site(caller, above.component), values, above, above.test
        )
        del caller, frame
        assert self.observer.before(crossing) is None
        token = self.current.set(crossing)
        ended = False

        def end(value: Any) -> Any:
            nonlocal ended
            ended = True
            self.current.reset(token)
            return self.observer.after(crossing, Returned(value)).unwrap()

        try:
            yield end
        except BaseException as error:
            if not ended:
                self.current.reset(token)
                self.observer.after(crossing, Raised(error))
            raise
        finally:
            crossing.values = ()

    def _site(self, frame: FrameType, component: str) -> Site:
        key = (frame.f_code, frame.f_lasti, component)
        if key not in self.sites:
            place = Place(f"{component}.py", frame.f_lineno, frame.f_code.co_name)
            self.sites[key] = Site(component, frame.f_code, frame.f_lasti, place)
        return self.sites[key]


def _bound(function: Function, args: Any, named: Any) -> tuple[object, ...]:
    bound = inspect.signature(function).bind(*args, **named)
    bound.apply_defaults()
    return tuple(bound.arguments.values())


@pytest.fixture
def stage() -> Stage:
    return Stage()
