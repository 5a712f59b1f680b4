"""Small programs of reads, writes and locks, run without threads: what strategies are tried on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from dryfit.model.digest import Digest
from dryfit.model.interleaving import ANYTHING, Choice, Choose, Footprint, Interleaving, Move, Run

Statement = tuple[str, str]
"""What is done ("read", "write", "lock", "release"), and to what."""


@dataclass(frozen=True)
class Program:
    """One list of statements for each worker.

    ``attempts``: a worker that waits for a lock tries it first, and is found to be blocked; else it is not enabled as
    long as the lock is held. ``told``: footprints are what the statements touch; else nothing is known of them.
    """

    workers: tuple[tuple[Statement, ...], ...]
    attempts: bool = False
    told: bool = True

    def run(self, choose: Choose) -> tuple[Interleaving, object]:
        """Run with these choices: the interleaving, and the final state."""
        world = World(self)
        moves: list[Move] = []
        running = -1
        while enabled := world.enabled():
            choice = Choice(enabled, running)
            running = choose(choice)
            assert running in enabled
            moves.append(Move(choice, running, world.step(running) if self.told else world.anything(running)))
        ending = "completed" if world.over() else "deadlock"
        return Interleaving(tuple(moves), (), ending), world.state()

    def judged(self, choose: Choose) -> Run:
        """The same as a run, without any state."""
        return Run(self.run(choose)[0], (), Digest(()), Digest(()))

    def all_states(self) -> set[object]:
        """Every final state that any order leads to, by trying all of them."""
        return set(self._beyond(()))

    def _beyond(self, prefix: tuple[int, ...]) -> Iterator[object]:
        world = World(self)
        for worker in prefix:
            world.step(worker)
        enabled = world.enabled()
        if not enabled:
            yield world.state()
        for worker in enabled:
            yield from self._beyond((*prefix, worker))

    def count(self) -> int:
        """How many orders there are."""
        counted = 0

        def beyond(prefix: tuple[int, ...]) -> None:
            nonlocal counted
            world = World(self)
            for worker in prefix:
                world.step(worker)
            counted += not world.enabled()
            for worker in world.enabled():
                beyond((*prefix, worker))

        beyond(())
        return counted


@dataclass
class World:
    """The state of a program while it runs."""

    program: Program
    variables: dict[str, object] = field(default_factory=dict)
    holders: dict[str, int] = field(default_factory=dict)
    at: list[int] = field(default_factory=list)
    seen: list[tuple[object, ...]] = field(default_factory=list)
    waiting: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.at = [0 for _ in self.program.workers]
        self.seen = [() for _ in self.program.workers]

    def enabled(self) -> tuple[int, ...]:
        return tuple(worker for worker in range(len(self.at)) if self._can(worker))

    def _can(self, worker: int) -> bool:
        if self.at[worker] == len(self.program.workers[worker]):
            return False
        kind, name = self.program.workers[worker][self.at[worker]]
        if kind == "lock" and not self.program.attempts:
            return name not in self.holders
        return self.waiting.get(worker) not in self.holders or worker not in self.waiting

    def step(self, worker: int) -> Footprint:
        kind, name = self.program.workers[worker][self.at[worker]]
        if kind == "lock" and name in self.holders:
            self.waiting[worker] = name
            return Footprint(writes=frozenset({name}))
        self.at[worker] += 1
        self.waiting.pop(worker, None)
        if kind == "read":
            self.seen[worker] += (self.variables.get(name),)
            return Footprint(reads=frozenset({name}))
        if kind == "write":
            self.variables[name] = (worker, self.at[worker], self.seen[worker])
        elif kind == "lock":
            self.holders[name] = worker
        elif self.holders.get(name) == worker:
            del self.holders[name]
        return Footprint(writes=frozenset({name}))

    def anything(self, worker: int) -> Footprint:
        self.step(worker)
        return ANYTHING

    def over(self) -> bool:
        return all(
            at == len(statements) for at, statements in zip(self.at, self.program.workers, strict=True)
        )

    def state(self) -> object:
        return tuple(sorted(self.variables.items())), tuple(self.seen), tuple(self.at)


def explore(program: Program, search: object, limit: int = 100_000) -> Iterator[tuple[Interleaving, object]]:
    """All runs that a search asks for."""
    begin: Callable[[], bool] = search.begin  # type: ignore[attr-defined]
    for _ in range(limit):
        if not begin():
            return
        interleaving, state = program.run(search.choose)  # type: ignore[attr-defined]
        search.ended(interleaving)  # type: ignore[attr-defined]
        yield interleaving, state
    raise AssertionError("the search has no end")
