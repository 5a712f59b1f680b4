"""The probe of an overlap: takes the operations as the test comes to them, and runs them at once in their place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from inspect import iscoroutinefunction
from typing import Any, NoReturn

from _pytest.outcomes import Exit, OutcomeException

from dryfit.lab.at_once import AtOnce
from dryfit.lab.calls import Call
from dryfit.lab.exploration import Exploration, Limits, Wanted, explore
from dryfit.lab.halfway import Stop
from dryfit.lab.marked import limits_of
from dryfit.lab.promises import assertions_hold, explore_promises
from dryfit.lab.repeating import described
from dryfit.lab.responses import serve
from dryfit.lab.stage import Stage
from dryfit.model.crossing import Crossing
from dryfit.model.interleaving import Choose, Explored, Operation, OperationKind, Overlap, Run
from dryfit.model.outcome import Outcome
from dryfit.model.probe import Act, Around
from dryfit.probes.schedule import search
from dryfit.probes.trial import TrialRecorder
from dryfit.weave import Weave

Fire = Callable[[], None]

ANEW = "each run of a test has fixtures of its own"
"""Why nothing is put back for copies of a test."""

UNAWAITED = "the tests are asynchronous, and the first operation is not"
"""Why the body of another test cannot be called in the place of an operation."""


MIXED = "one of the operations is a task, and another is no part of its loop: race them with the fixture `interleave`"

AGAIN = "; without that the operations cannot be run again from one state: race them with the fixture `interleave`"
"""What to do where something cannot be put back."""


async def _awaited(operation: Call) -> object:
    """An operation that its loop waits for, as a task that never gives way."""
    return operation()


class BrokenOff(OutcomeException):
    """Ends a test whose operations have been explored: what follows them is of no interest.

    Of pytest's own kind: it passes every ``except Exception``, and leaves fixtures as they may be set up again.
    """


class Overlapping:
    """Explores one overlap after the other.

    Where the state can be put back, all runs of the operations are made when the test comes to the last of them; else
    each takes a run of the whole test.

    An operation of ``other``, another test, is reached by its body, which is lent: it is called in place of the
    operation of the test that runs, up to its own one.
    """

    def __init__(self, weave: Weave, at_once: AtOnce, stage: Stage, recorder: TrialRecorder) -> None:
        self._weave = weave
        self._at_once = at_once
        self._stage = stage
        at_once.calls.opening = stage.opening
        self._recorder = recorder
        self._overlap: Overlap | None = None
        self._exploration: Exploration | None = None
        self._wanted: Wanted | None = None
        self._explored: Explored | None = None
        self._distinct: tuple[Operation, ...] = ()
        self._taken: list[Call] = []
        self._lent: Call | None = None
        self._earlier: dict[OperationKind, int] = {}
        self._obstacle = ""
        self._are_of_one_loop = True
        self._is_over = True

    def begin(self, overlap: Overlap | None, fired: Fire, has_enough: Callable[[], bool]) -> None:
        """A run of the test begins; the exploration of the same overlap goes on until it ``has_enough``."""
        self._fired = fired
        self._are_of_one_loop = True
        self._taken, self._lent, self._earlier = [], None, {}
        self._is_over = overlap is None
        if overlap is not None and overlap is not self._overlap:
            self._exploration = self._begun(overlap, Limits(has_enough=has_enough))
            self._wanted = next(self._exploration)
            self._explored = None
            self._at_once.forget()
            self._distinct = _as_reached(overlap)
        self._overlap = overlap

    def _begun(self, overlap: Overlap, usual: Limits) -> Exploration:
        """Copies of a test have promises of their own to keep; other operations come out as in some serial order."""
        limits = limits_of(overlap, usual)
        searching = search(overlap.seed, limits.interleavings)
        if overlap.operations[0].kind == "test":
            return explore_promises(overlap, searching, limits, assertions_hold)
        return explore(overlap, searching, limits, self._can_stop)

    @property
    def wants_more(self) -> bool:
        """Whether the test is to be run again."""
        return self._overlap is not None and self._is_over and self._exploration is not None

    def end(self) -> Explored | None:
        """What the exploration showed, where it is over."""
        found, self._explored = self._explored, None
        return found

    @property
    def other(self) -> str:
        """The test whose body is wanted for this run; "" where none is."""
        return self._overlap.others[0] if self._overlap and self._overlap.others and not self._is_over else ""

    def lend(self, body: Call | str) -> None:
        """Have the body of the other test, or why it cannot be had; the body of the test itself follows."""
        if isinstance(body, str):
            self._give_up(body)
        self._lent = body
        self._count_from_here()

    # The probe.

    def before(self, crossing: Crossing) -> Act:
        """Take an operation that is the entry crossing wanted."""
        if self._taken and crossing.component == "builtins":
            self._stage.opening(crossing)
        due = self._due("call")
        if due < 0 or self._recorder.entry(crossing) != due:
            return None
        return Around(self._take)

    def after(self, crossing: Crossing, outcome: Outcome) -> Outcome:
        """Nothing changes what an operation gives."""
        return outcome

    def answer(self, number: int, answer: Call) -> object:
        """Answer a request through a test client, or take it as an operation."""
        return self._take(answer) if self._due("request") == number else answer()

    def body(self, body: Call) -> object:
        """Call the body of the test, or take it as an operation."""
        return self._take(body) if self._due("test") >= 0 else body()

    def _due(self, kind: OperationKind) -> int:
        """The number of the next operation that is to be taken, if it is of this kind, else -1."""
        are_all_taken = len(self._taken) == len(self._distinct)  # and what is there is being looked at
        if self._is_over or are_all_taken or (self.other and self._lent is None):
            return -1
        following = self._distinct[len(self._taken)]
        return following.nth + self._earlier.get(kind, 0) if following.kind == kind else -1

    def _count_from_here(self) -> None:
        """The body of one of several tests begins: what was before it does not count."""
        self._earlier = {"call": self._recorder.entries, "request": self._weave.exchanges.asked}

    def _take(self, operation: Call) -> object:
        """Remember an operation; when the last one is taken explore in its place, and break the test off."""
        self._are_of_one_loop &= asyncio._get_running_loop() is not None
        self._taken.append(operation)
        is_last = len(self._taken) == len(self._distinct)
        if len(self._taken) == 1 if self._lent is None else is_last:
            is_test = self._distinct[0].kind == "test"
            self._obstacle = ANEW if is_test else self._stage.take(self._taken)
        if not is_last:
            return operation() if self._lent is None else self._call_other(self._lent)
        self._is_over = True
        self._fired()
        are_asynchronous = [_is_asynchronous(each) for each in self._taken]
        if any(are_asynchronous) and not all(are_asynchronous):
            if not (are_asynchronous[-1] and self._are_of_one_loop and self._lent is None):
                return self._give_up(MIXED)
            self._taken = [
                each if is_asynchronous else partial(_awaited, each)
                for each, is_asynchronous in zip(self._taken, are_asynchronous, strict=True)
            ]
        if len(self._taken) > 1 and self._lent is None and not self._goes_back():
            return self._give_up(self._obstacle + AGAIN)
        if are_asynchronous[-1]:
            return self._explore_tasks()
        self._explore()
        raise BrokenOff

    def _give_up(self, void: str) -> NoReturn:
        assert self._overlap is not None
        self._explored, self._exploration = Explored(self._overlap, void=void), None
        self._is_over = True
        raise BrokenOff

    def _call_other(self, body: Call) -> object:
        """Call the body of the other test in place of an operation that was taken."""
        self._count_from_here()
        if _is_asynchronous(self._taken[0]):
            return self._call_other_within_loop(body)
        if iscoroutinefunction(body):
            return self._give_up(UNAWAITED)
        with self._until_its_operation():
            body()
        raise BrokenOff

    async def _call_other_within_loop(self, body: Call) -> object:
        """A test that is not asynchronous itself has a loop of its own run its operation."""
        with self._until_its_operation():
            if iscoroutinefunction(body):
                await body()
            else:
                with _no_loop():
                    body()
        raise BrokenOff

    @contextmanager
    def _until_its_operation(self) -> Iterator[None]:
        """Call the other test within the block; where it is not broken off nothing can be said."""
        try:
            with self._weave.as_test():
                yield
            void = "the other test does not come to its operation"
        except (BrokenOff, Exit):
            raise
        except (Exception, OutcomeException) as error:  # noqa: BLE001 - whatever a test raises
            void = f"the other test fails where it comes second: {described(error)}"
        if not self._is_over:
            self._give_up(void)

    def _explore(self) -> None:
        """Make the runs that are wanted, one where the state cannot be put back, else all of them."""
        assert self._overlap is not None
        while True:
            with self._at_once.governed(lines=self._overlap.lines):
                is_known = self._ran(self._at_once.run(*self._following()))
                while is_known and self._exploration is not None and self._goes_back():
                    is_known = self._ran(self._at_once.run(*self._following()))
            if is_known or not self._goes_back():
                return

    async def _explore_tasks(self) -> object:
        """The same within the loop that runs the test."""
        assert self._overlap is not None
        while True:
            with self._at_once.governed_tasks(lines=self._overlap.lines):
                is_known = self._ran(await self._at_once.run_tasks(*self._following()))
                while is_known and self._exploration is not None and self._goes_back():
                    is_known = self._ran(await self._at_once.run_tasks(*self._following()))
            if is_known or not self._goes_back():
                raise BrokenOff

    def _following(self) -> tuple[list[Call], Choose, Stop, bool]:
        """The operations of the next run, who chooses, what is stopped, and whether it is narrated."""
        wanted = self._wanted
        assert wanted is not None
        return [self._operation(each) for each in wanted.workers], wanted.choose, wanted.stop, wanted.narrated

    def _can_stop(self) -> bool:
        """Whether statements can be stopped half-way from now on: in databases that can be put back afterwards."""
        return not self._obstacle and self._at_once.halfway.install(self._stage.resources)

    def _goes_back(self) -> bool:
        if not self._obstacle:
            self._obstacle = self._stage.back()
        return not self._obstacle

    def _operation(self, worker: int) -> Call:
        assert self._overlap is not None
        operation = self._overlap.operations[worker]
        taken = self._taken[self._distinct.index(operation)]
        is_answer = operation.kind == "request" and not _is_asynchronous(taken)
        return partial(serve, taken) if is_answer else taken

    def _ran(self, run: Run | None) -> bool:
        """Tell the exploration what a run showed; false where it has to be made again."""
        assert self._exploration is not None
        if run is None:
            return False
        try:
            self._wanted = self._exploration.send(run)
        except StopIteration as stop:
            self._explored, self._exploration = stop.value, None
        return True


def _as_reached(overlap: Overlap) -> tuple[Operation, ...]:
    """The operations in the order in which they are come to: first those of the test that runs."""
    return tuple(sorted(dict.fromkeys(overlap.operations), key=lambda each: each.test in overlap.others))


@contextmanager
def _no_loop() -> Iterator[None]:
    """Have this thread's loop stand still, as if none ran: another one may be run."""
    running, task = asyncio.get_running_loop(), asyncio.current_task()
    # From CPython 3.14 on a thread has one task, whatever its loop.
    swap: Any = getattr(asyncio.tasks, "_swap_current_task", None)
    if swap is not None:
        swap(running, None)
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(running)
        if swap is not None:
            swap(running, task)


def _is_asynchronous(operation: Call) -> bool:
    return iscoroutinefunction(getattr(operation, "func", None))
