"""The fixture ``interleave``: operations of a test at once, in every interleaving, from where the test stands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import isawaitable, iscoroutine, iscoroutinefunction
from typing import NoReturn, overload

import pytest

from dryfit.checks.explored import explored_said
from dryfit.config import nearest
from dryfit.lab.at_once import AtOnce
from dryfit.lab.calls import AsyncCall, Call
from dryfit.lab.exploration import Limits, explore
from dryfit.lab.failures import invariant_said, said_of
from dryfit.lab.marked import limits_of
from dryfit.lab.overlapping import BrokenOff
from dryfit.lab.performed import perform, perform_tasks, wait_for_each_other
from dryfit.lab.promises import explore_promises
from dryfit.lab.rounds import Rounds
from dryfit.model.interleaving import Explored, Operation, OperationKind, Overlap, Run
from dryfit.probes.schedule import search

_KNOWN = ("invariant", "budget")

_NOT_ASYNC = "functions that are not async, in a test that is not: make it async, and await interleave(...)"

Invariant = Callable[[], object]
RunAgain = Callable[[], str]

NOT_EXPLORED = (
    "not explored: dryfit runs this test for other reasons now, and the operations one after the other"
)


@dataclass(frozen=True, slots=True)
class Interleaved:
    """What came of operations that were run in every interleaving.

    ``outcomes`` are what they gave one after the other, values or exceptions; ``said`` is "exhausted" or "budget hit
    after N of at least M interleavings".
    """

    outcomes: tuple[object, ...]
    tried: int
    at_least: int
    exhausted: bool
    said: str


class Interleave:
    """The calls of the fixture in one test, told by their number.

    While the test is explored each run of it makes one interleaving of the first call that is not explored yet, and is
    broken off there. After that, and without a controller, operations run one after the other; those that wait for each
    other run under the controller again.
    """

    def __init__(self, test: str, seed: int = 0, at_once: AtOnce | None = None) -> None:
        self._test = test
        self._seed = seed
        self._at_once = at_once
        self._is_explored = self._is_exploring = at_once is not None
        self._number = 0
        self._rounds: Rounds | None = None
        self._done: list[Explored] = []
        self._broken: dict[tuple[int, ...], str] = {}
        self._together: dict[int, bool] = {}
        self._waiting = 0
        self._is_unawaited = False
        self._invariant: Invariant | None = None

    @property
    def findings(self) -> str:
        """What is to be said against the last call that was explored; "" if nothing is."""
        if not self._done:
            return ""
        explored = self._done[-1]
        for run in explored.others[:1]:
            if broken := self._broken.get(run.interleaving.schedule):
                return invariant_said(explored, broken)
        return said_of(explored)

    @property
    def said(self) -> str:
        """How much was explored, call by call."""
        return "; ".join(explored_said(each) for each in self._done)

    @property
    def goes_on_at_once(self) -> bool:
        """Whether the test needs the controller again when it is not explored any more."""
        return bool(self._together) and not self.findings

    @property
    def forgotten(self) -> str:
        """What to do about calls that nobody has awaited; "" where there are none."""
        return (
            "interleave(...) was not awaited: in an async test, write await interleave(...)"
            if self._waiting
            else ""
        )

    def explore(self, run_again: RunAgain) -> None:
        """Explore call after call until the test makes no more of them, or one shows something."""
        while not self.findings and self._goes_on(run_again):
            if self._rounds is not None and self._rounds.explored is not None:
                self._add(self._rounds.explored)
                self._rounds = None
        self._is_exploring, self._number, self._waiting = False, 0, 0

    def _add(self, explored: Explored) -> None:
        assert self._at_once is not None
        if not explored.void and wait_for_each_other(explored):
            self._together[len(self._done)] = self._at_once.need_threads
        self._done.append(explored)

    def _goes_on(self, run_again: RunAgain) -> bool:
        """Run the test once more; whether it came to a call that is to be explored, and that could be."""
        made = self._rounds.made if self._rounds is not None else 0
        self._number = self._waiting = 0
        run_again()
        if self._is_unawaited:
            return False
        return self._rounds is not None and self._rounds.made > made

    @overload
    def __call__(  # type: ignore[overload-overlap]  # what gives something to await is told apart first
        self, *operations: AsyncCall, invariant: Invariant | None = None, budget: int = 0
    ) -> Awaitable[Interleaved]: ...

    @overload
    def __call__(
        self, *operations: Call, invariant: Invariant | None = None, budget: int = 0
    ) -> Interleaved: ...

    def __call__(
        self, *operations: Call, invariant: Invariant | None = None, budget: int = 0, **unknown: object
    ) -> Interleaved | Awaitable[Interleaved]:
        """Run the operations in every interleaving; gives an ``Interleaved``, in an async test something to be awaited.

        Each comes out as in some serial order, or ``invariant`` neither raises nor gives ``False`` afterwards; else the
        test fails. ``budget`` is the number of interleavings after which to stop.
        """
        __tracebackhide__ = True
        _check_names(unknown)
        _check(operations, invariant, budget)
        number, self._number = self._number, self._number + 1
        is_due = self._is_exploring and number == len(self._done)
        if is_due:
            self._invariant = invariant  # each run of the test has one of its own, for its own objects
            self._rounds = self._rounds or self._begin(operations, budget)
        if _is_within_a_loop():
            self._waiting += 1
            return self._awaited(operations, number, is_due)
        calls = [partial(self._called, each) for each in operations]
        if is_due:
            self._rounds_due.run(calls)
            raise BrokenOff
        self._refuse_unawaited()
        self._judge(number)
        if self._at_once is not None and number in self._together:
            return self._result(number, perform(self._at_once, calls))
        outcomes = tuple(map(_outcome, calls))
        self._refuse_unawaited()
        return self._result(number, outcomes)

    def _called(self, operation: Call) -> object:
        __tracebackhide__ = True
        found = operation()
        if iscoroutine(found):
            found.close()
            self._is_unawaited = True
        return found

    def _refuse_unawaited(self) -> None:
        __tracebackhide__ = True
        if self._is_unawaited:
            _refuse(_NOT_ASYNC)

    async def _awaited(self, operations: Sequence[Call], number: int, is_due: bool) -> Interleaved:
        __tracebackhide__ = True
        self._waiting -= 1
        tasks = [partial(_task, each) for each in operations]
        if is_due:
            await self._rounds_due.run_tasks(tasks)
            raise BrokenOff
        self._judge(number)
        if self._at_once is not None and number in self._together:
            in_threads = self._together[number]
            return self._result(number, await perform_tasks(self._at_once, tasks, in_threads=in_threads))
        outcomes = []
        for each in tasks:
            outcomes.append(await _outcome_of_task(each))  # noqa: PERF401 - a comprehension has a frame of its own
        return self._result(number, tuple(outcomes))

    @property
    def _rounds_due(self) -> Rounds:
        assert self._rounds is not None
        return self._rounds

    def _begin(self, operations: Sequence[Call], budget: int) -> Rounds:
        assert self._at_once is not None
        kind: OperationKind = "call" if self._invariant is None else "test"
        same = [operations.index(each) for each in operations]
        overlap = Overlap(
            self._test,
            tuple(Operation(kind, nth, _name(operations[nth], nth)) for nth in same),
            lines=True,
            seed=self._seed,
            budget=budget,
        )
        limits = limits_of(overlap, Limits())
        searching = search(self._seed, limits.interleavings)
        if self._invariant is None:
            return Rounds(self._at_once, explore(overlap, searching, limits))
        return Rounds(self._at_once, explore_promises(overlap, searching, limits, self._holds))

    def _holds(self, run: Run) -> bool:
        """Whether the invariant holds where a run has left the state; it is asked at once."""
        if run.interleaving.ending != "completed" or self._invariant is None:
            return False
        try:
            broken = "it gives False" if self._invariant() is False else ""
        except Exception as error:  # noqa: BLE001 - whatever it raises says that it does not hold
            broken = f"{type(error).__name__}: {error}"
        self._broken[run.interleaving.schedule] = broken
        return not broken

    def _judge(self, number: int) -> None:
        __tracebackhide__ = True
        if not self._is_explored:
            return
        if number >= len(self._done):
            pytest.fail(
                "no verdict: the runs in which interleave() is explored did not come to this call, or not past it"
            )
        if number == len(self._done) - 1 and self.findings:
            pytest.fail(self.findings)

    def _result(self, number: int, outcomes: tuple[object, ...]) -> Interleaved:
        if not self._is_explored:
            return Interleaved(outcomes, 0, 0, exhausted=False, said=NOT_EXPLORED)
        explored = self._done[number]
        return Interleaved(
            outcomes, explored.tried, explored.at_least, explored.exhausted, explored_said(explored)
        )


class _NothingToAwaitError(TypeError):
    """Operations that are called within a loop can be switched where they await something."""

    def __init__(self) -> None:
        super().__init__(
            "in an async test each operation of interleave() gives something that can be awaited"
        )


def _check(operations: Sequence[Call], invariant: Invariant | None, budget: int) -> None:
    __tracebackhide__ = True
    if not _is_within_a_loop() and any(map(iscoroutinefunction, operations)):
        _refuse(_NOT_ASYNC)
    if len(operations) < 2 or not all(map(callable, operations)):
        _refuse("two operations or more, each a callable without arguments: interleave(lambda: buy(1), pay)")
    if invariant is not None and not callable(invariant):
        _refuse("invariant=, a callable without arguments")
    if type(budget) is not int or budget < 0:
        _refuse("budget=, a number of interleavings")


def _check_names(unknown: Iterable[str]) -> None:
    __tracebackhide__ = True
    if said := [f"{name}= is unknown{nearest(name, _KNOWN)}" for name in unknown]:
        _refuse(f"operations, {'= and '.join(_KNOWN)}=: {', '.join(said)}")


def _refuse(wanted: str) -> NoReturn:
    __tracebackhide__ = True
    raise TypeError(f"interleave() takes {wanted}")


def _is_within_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _name(operation: Call, nth: int) -> str:
    function = operation.func if isinstance(operation, partial) else operation
    name: str = getattr(function, "__qualname__", type(function).__qualname__)
    last = name.rpartition("<locals>.")[2]
    return f"operation {nth + 1}" if last == "<lambda>" else last


def _outcome(operation: Call) -> object:
    try:
        return operation()
    except Exception as error:  # noqa: BLE001 - the test may want to know it
        return error


async def _task(operation: Call) -> object:
    __tracebackhide__ = True
    found = operation()
    if not isawaitable(found):
        raise _NothingToAwaitError
    return await found


async def _outcome_of_task(task: Callable[[], Awaitable[object]]) -> object:
    __tracebackhide__ = True
    try:
        return await task()
    except _NothingToAwaitError:
        raise
    except Exception as error:  # noqa: BLE001 - the test may want to know it
        return error
