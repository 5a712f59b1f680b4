"""Runs operations at once under a controller: every call of a driver waits for its turn, and nobody else looks on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Protocol, cast

from _pytest.outcomes import Exit

from dryfit.lab import loops
from dryfit.lab.calls import AsyncCall, Call, Calls
from dryfit.lab.ended import ended, is_cut_off
from dryfit.lab.halfway import Halfway, Stop
from dryfit.model.crossing import Crossing
from dryfit.model.digest import MEMORY, diff
from dryfit.model.interleaving import (
    ANYTHING,
    Backends,
    Choose,
    Footprints,
    Interleaving,
    Run,
)
from dryfit.model.outcome import Outcome, Raised, Returned
from dryfit.model.target import Target
from dryfit.model.trial import Boundary
from dryfit.probes.schedule import Bindings, Narrator, Repeatable, Tasks, Turns
from dryfit.weave import Weave

__tracebackhide__ = True  # pytest leaves the frames of this module out of its tracebacks

Made = tuple[Interleaving, tuple[Outcome | None, ...]]
"""An interleaving, and what became of each operation in it; ``None`` of one cut short."""

RUN_SECONDS = 3.0
"""The limit of one interleaving."""

CUT_OFF = "a server ended the connection of an operation"
_FOUND = 0
"""The number under which the scene keeps what the operations find."""


class ServerLost(Exit):
    """A server went away while operations used it: nothing more can come of this run of the test."""


class Looks(Protocol):
    """Sees what operations find, and what they leave; ``targets`` are the databases that the test has used."""

    @property
    def targets(self) -> frozenset[Target]: ...

    def use(self, target: Target) -> None:
        """A database is used, or will be."""

    def enter(self, number: int) -> None:
        """Read now what is there."""

    def boundary(self, number: int) -> Boundary:
        """What is there now, beside what ``enter`` found."""

    def forget(self, number: int) -> None:
        """No more is asked of this number."""

    def opening(self, crossing: Crossing) -> None:
        """Note what is in a file that is about to be opened for writing."""


class Servers(Backends, Protocol):
    """Knows, too, which of the servers have not gone on all the time."""

    def lost(self) -> str:
        """Which server has ended its connections since this was asked last; "" for none."""


class AtOnce:
    """Runs operations at once, one interleaving after the other, within ``governed``.

    It is the only probe meanwhile: calls of drivers that are crossings are made in turn by it. ``overseer`` is a
    context, entered for each interleaving. ``need_threads`` says that tasks have turned out to need threads.
    """

    def __init__(self, weave: Weave, scene: Looks, backends: Servers, footprints: Footprints) -> None:
        self._weave = weave
        self._scene = scene
        self._backends = backends
        self._footprints = footprints
        self.halfway = Halfway(backends)
        self.calls = Calls(weave, scene, footprints, self.halfway)
        self._turns: Turns | None = None
        self._tasks: Tasks | None = None
        self._choose: Repeatable | None = None
        self.need_threads = False
        self._is_memory_watched = False
        self._bindings = Bindings()
        self._used: set[Target] = set()
        self._met: set[Target] = set()
        self.overseer: AbstractContextManager[object] = nullcontext()

    @contextmanager
    def governed(self, *, lines: bool) -> Iterator[None]:
        """Know every switch point of the process until the end of the block; what is there now is what runs find.

        ``lines`` makes switch points of the lines of components that touch what may be shared.
        """
        known = self._is_components if lines else None
        with (
            self._alone(),
            Turns(
                self._backends,
                limit=RUN_SECONDS,
                place=self._weave.place_in,
                lines=known,
                are_told=True,
                relent=self.halfway.let_go,
            ) as self._turns,
        ):
            self._is_memory_watched, self.calls.turns = lines, self._turns
            yield

    def needs_lines(self, run: Run) -> bool:
        """Whether what the last run showed may be decided between any two lines of the components.

        It is not where operations call drivers, leave the components' objects as they were, and no line changes any
        that others may see: one that counts as no state either, a cache, say.
        """
        changed = any(change.source == MEMORY for change in diff(run.before, run.after))
        lines = self._turns is not None and self._turns.have_changed_memory
        return changed or lines or not self.calls.made

    def forget(self) -> None:
        """The operations that come now are others, and may use other databases."""
        self._met.clear()
        self._footprints.forget()
        self.need_threads = False
        self._choose = None

    def run(
        self, operations: Sequence[Call], choose: Choose, stop: Stop = (), narrated: bool = False
    ) -> Run | None:
        """Run the operations in threads, as it is chosen, with the statement stopped half-way that ``stop`` says.

        ``None`` where they used a database of which nobody knows what was in it before: it is known within the next
        ``governed``.
        """
        self._begin(stop)
        return self._ran(*self._made(operations, self._repeatable(choose), narrated))

    def perform(self, operations: Sequence[Call], choose: Choose) -> Made:
        """The same with no look at what they leave: what became of each."""
        self._begin(())
        return self._made(operations, choose)

    def _made(self, operations: Sequence[Call], choose: Choose, narrated: bool = False) -> Made:
        assert self._turns is not None
        calls = [partial(self._performed, each) for each in operations]
        with self.overseer:
            return self._turns.run(calls, choose, self._narrator(narrated))

    def _performed(self, operation: Call) -> object:
        try:
            return operation()
        finally:
            self.calls.let_go()

    @contextmanager
    def governed_tasks(self, *, lines: bool) -> Iterator[None]:
        """The same for tasks of the running loop; ``lines`` are of interest where they hand work to threads."""
        if self.need_threads:
            with self.governed(lines=lines):
                yield
            return
        with (
            self._alone(),
            closing(Tasks(self._backends, limit=RUN_SECONDS, place=self._weave.place_in)) as self._tasks,
        ):
            self.calls.turns = self._tasks
            yield

    async def run_tasks(
        self, operations: Sequence[Call], choose: Choose, stop: Stop = (), narrated: bool = False
    ) -> Run | None:
        """Run the operations, which are coroutine functions, as tasks.

        Where they turn out to hand work to threads, or to block the loop, they have to be run again: within the next
        ``governed_tasks`` each has a thread of its own, and in it a task of the running loop.
        """
        self._begin(stop)
        ran = self._ran(*await self._made_tasks(operations, self._repeatable(choose), narrated))
        if self._tasks is None:
            return ran
        self.need_threads = self._tasks.need_threads
        return None if self.need_threads else ran

    async def perform_tasks(self, operations: Sequence[Call], choose: Choose) -> Made:
        """The same with no look at what they leave: what became of each."""
        self._begin(())
        return await self._made_tasks(operations, choose)

    async def _made_tasks(self, operations: Sequence[Call], choose: Choose, narrated: bool = False) -> Made:
        tasks = [partial(self._performed_task, cast(AsyncCall, each)) for each in operations]
        if self._turns is None:
            assert self._tasks is not None
            with self.overseer:
                return await self._tasks.run(tasks, choose, self._narrator(narrated))
        loop = asyncio.get_running_loop()
        calls = [partial(loops.run_task, loop, each) for each in tasks]
        with self.overseer:
            return await loops.in_thread(partial(self._turns.run, calls, choose, self._narrator(narrated)))

    def _narrator(self, is_wanted: bool) -> Narrator | None:
        return (
            Narrator(self._weave.place_in, lambda code: self._is_components(code.co_filename))
            if is_wanted
            else None
        )

    async def _performed_task(self, operation: AsyncCall) -> object:
        try:
            return await operation()
        finally:
            self.calls.let_go()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._met |= self._scene.targets
        for target in self._met:
            self._scene.use(target)
        self._scene.enter(_FOUND)
        used, self._weave.connections.used = self._weave.connections.used, self._note_target
        try:
            with self._bindings.noted(), self.calls.governed():
                yield
        finally:
            self._turns = self._tasks = None
            self._weave.connections.used = used
            self._scene.forget(_FOUND)

    def _begin(self, stop: Stop) -> None:
        self._used.clear()
        self._bindings.undo()
        self.calls.begin(stop)

    def _repeatable(self, choose: Choose) -> Repeatable:
        """Have a run that is made again go as before."""
        if self._choose is None:
            self._choose = Repeatable(choose)
        self._choose.again()
        return self._choose

    def _note_target(self, target: Target) -> None:
        """A database is used, maybe by a driver in no operation's name: it is not read in the midst of that."""
        self._used.add(target)

    def _ran(self, interleaving: Interleaving, outcomes: tuple[Outcome | None, ...]) -> Run | None:
        if self.calls.shared and interleaving.ending == "completed":
            interleaving = replace(interleaving, ending="stuck", said=self.calls.shared)
        self.halfway.let_go()
        if not all(isinstance(outcome, Returned) for outcome in outcomes) and (lost := self._backends.lost()):
            raise ServerLost(lost)  # nor can this process read the state, or put it back
        if any(isinstance(outcome, Raised) and is_cut_off(outcome.exception) for outcome in outcomes):
            interleaving = replace(interleaving, ending="stuck", said=CUT_OFF)
        new = (
            self._used | self._scene.targets
        ) - self._met  # some drivers tell of it in no operation's context
        self._met |= new
        if new:
            return None
        self._choose = None
        for target in self._used:
            self._scene.use(target)
        boundary = self._scene.boundary(_FOUND)
        if not self._are_known(boundary):
            interleaving = replace(
                interleaving, moves=tuple(replace(each, footprint=ANYTHING) for each in interleaving.moves)
            )
        return Run(
            interleaving,
            tuple(
                ended(outcome, self.calls.answered(worker), self.calls.place_in)
                for worker, outcome in enumerate(outcomes)
            ),
            boundary.before,
            boundary.after,
            sent=self.calls.sent(),
        )

    def _are_known(self, boundary: Boundary) -> bool:
        """Whether what moves touched is all that may matter: nothing in memory, where no lines are seen."""
        if not self._footprints.are_complete:
            return False
        return self._is_memory_watched or all(
            change.source != MEMORY for change in diff(boundary.before, boundary.after)
        )

    def _is_components(self, file: str) -> bool:
        return self._weave.component_of(file) is not None
