"""Depth-first through every order that may matter: dynamic partial-order reduction with source sets and sleep sets.

Abdulla, Aronis, Jonsson, Sagonas: Optimal dynamic partial order reduction, POPL 2014 (algorithm 1), with the backtrack
points of Flanagan and Godefroid, POPL 2005, where a lock lies between: a worker that waits is not enabled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from dryfit.model.interleaving import ANYTHING, Choice, Footprint, Interleaving, Move
from dryfit.probes.schedule.orders import stay, unlike

NOBODY = -1


@dataclass(slots=True)
class Node:
    """A choice on the way that is explored now.

    ``due`` are the workers that have to be tried here, ``done`` those that were, with what they touched, ``left`` those
    that still will be, and ``asleep`` those whose turn here would only repeat what was tried before.
    """

    enabled: tuple[int, ...]
    asleep: dict[int, Footprint]
    chosen: int
    touched: Footprint = ANYTHING
    due: set[int] = field(default_factory=set)
    done: dict[int, Footprint] = field(default_factory=dict)
    left: set[int] = field(default_factory=set)

    def want(self, workers: Iterable[int]) -> None:
        """These have to be tried, too."""
        for worker in workers:
            if worker not in self.due:
                self.due.add(worker)
                if worker not in self.asleep and worker != self.chosen:
                    self.left.add(worker)

    def sleepers(self) -> dict[int, Footprint]:
        """Whose turn right after the one that is being tried would repeat something."""
        earlier = self.asleep | self.done
        if not earlier:
            return {}
        return {
            worker: footprint
            for worker, footprint in earlier.items()
            if worker != self.chosen and not footprint.depends_on(self.touched)
        }

    def next(self) -> None:
        """Be done with the worker that was tried, and try the next."""
        if self.chosen != NOBODY:
            self.done[self.chosen] = self.touched
        self.chosen = min(self.left)
        self.left.remove(self.chosen)


class Exhaustive:
    """Tries all orders of which no two differ only by steps that do not depend on each other.

    It keeps no state of the program: a run makes the choices of an earlier one again and then takes another. What a
    step touched is known when the run has ended, so a run may turn out to repeat an earlier one in hindsight.
    ``diverged`` says where a run first went another way than its choices had led before.
    """

    def __init__(self) -> None:
        self.diverged = ""
        self._path: list[Node] = []
        self._made = 0
        self._again = 0
        self._off = -1
        self._ran = 0
        self._over = False

    def begin(self) -> bool:
        """Go back to the last choice that left something to try."""
        self._made, self._off = 0, -1
        if self._ran:
            while self._path and not self._path[-1].left:
                self._path.pop()
            if not self._path:
                self._over = True
                return False
            self._path[-1].next()
        self._again = len(self._path)
        return True

    def choose(self, choice: Choice) -> int:
        """As before as far as the way is known, then without preemption."""
        made, self._made = self._made, self._made + 1
        if made >= self._again or self._off >= 0:
            return self._onward(choice)
        node = self._path[made]
        if node.enabled == choice.enabled:
            return node.chosen
        self._off = made
        self.diverged = self.diverged or unlike(made, node.enabled, choice.enabled)
        return stay(choice)

    def _onward(self, choice: Choice) -> int:
        if choice.running in choice.enabled or not self._again:
            return stay(choice)
        last = self._path[self._again - 1]
        tired = last.asleep.keys() | last.done.keys()
        return next((worker for worker in choice.enabled if worker not in tired), choice.enabled[0])

    def ended(self, interleaving: Interleaving) -> None:
        """Learn what the steps touched, and which of them have to be tried in the other order."""
        self._ran += 1
        moves = interleaving.moves
        if len(moves) < self._again and self._off < 0:
            self._off = len(moves)
            self.diverged = self.diverged or f"after {self._off} choices the run was over, but went on before"
        if self._off >= 0:
            del self._path[self._off :]
            return
        self._lengthen(moves)
        explored = moves[: len(self._path) - (self._path[-1].chosen == NOBODY)] if self._path else ()
        rest = moves[len(explored) :]
        going = _workers(moves) if interleaving.ending != "completed" else {move.chosen for move in rest}
        pending = going.difference(rest[0].choice.enabled if rest else ())
        self._turn(races(explored, max(self._again - 1, 0), pending))

    def _lengthen(self, moves: Sequence[Move]) -> None:
        """Take the steps into the way, up to one that was asleep: from there on the run repeats another."""
        for node, move in zip(self._path, moves, strict=False):
            node.touched = move.footprint
        for move in moves[len(self._path) :]:
            asleep = self._path[-1].sleepers() if self._path else {}
            repeats = move.chosen in asleep
            chosen = NOBODY if repeats else move.chosen
            node = Node(move.choice.enabled, asleep, chosen, move.footprint)
            awake = [worker for worker in node.enabled if worker not in asleep]
            node.want(awake[:1] if repeats else (chosen,))
            self._path.append(node)
            if repeats:
                return

    def _turn(self, found: Iterable[Race]) -> None:
        for race in found:
            node = self._path[race.earlier]
            if node.due.isdisjoint(race.instead):
                possible = [worker for worker in race.instead if worker in node.enabled]
                node.want(possible[:1] or node.enabled)

    @property
    def exhausted(self) -> bool:
        """Whether every order that may matter was tried; never after a run that diverged."""
        return self._over and not self.diverged

    @property
    def way(self) -> Iterator[tuple[int, set[int]]]:
        """The way that is explored now: of each choice the worker chosen, and those that are left to try."""
        return ((node.chosen, node.left) for node in self._path)

    @property
    def at_least(self) -> int:
        """The runs that were, and one for each that is still to be tried."""
        return self._ran + sum(len(node.left) for node in self._path)


@dataclass(frozen=True, slots=True)
class Race:
    """Two moves whose order may matter: ``instead`` of the earlier one any of these workers might have gone first."""

    earlier: int
    instead: tuple[int, ...]


def races(moves: Sequence[Move], fresh: int = 0, pending: Iterable[int] = ()) -> Iterator[Race]:
    """Races of the moves from number ``fresh`` on with earlier ones.

    ``pending`` are workers that were about to do something at the end of the moves, but could not.
    """
    past = [0] * len(moves)  # of each move: those that happened before it, one bit each
    last: dict[int, int] = {}  # of each worker: its last move
    for later, move in enumerate(moves):
        conflicts = _conflicts(moves, past, last.get(move.chosen), later, move)
        for earlier in conflicts:
            past[later] |= past[earlier] | 1 << earlier
        if move.chosen in last:
            past[later] |= past[last[move.chosen]] | 1 << last[move.chosen]
        if later >= fresh:
            yield from (_race(moves, past, earlier, move.chosen, past[later], later) for earlier in conflicts)
        last[move.chosen] = later
    for (
        worker
    ) in pending:  # what it was about to do is not known, so neither is who may go first: itself has to
        move = Move(Choice((worker,)), worker, ANYTHING)
        for earlier in _conflicts(moves, past, last.get(worker), len(moves), move):
            yield Race(earlier, (worker,))


def _workers(moves: Sequence[Move]) -> set[int]:
    return {worker for move in moves for worker in move.choice.enabled}


def _conflicts(
    moves: Sequence[Move], past: list[int], previous: int | None, later: int, move: Move
) -> list[int]:
    """The earlier moves of others that the move depends on, unless the worker's own previous one came after them.

    Those that are ordered by what lies between are among them: between two that take a lock there is the release.
    """
    before = 0 if previous is None else past[previous]
    return [
        earlier
        for earlier in range(later - 1, -1, -1)
        if not before >> earlier & 1
        and moves[earlier].chosen != move.chosen
        and move.footprint.depends_on(moves[earlier].footprint)
    ]


def _race(moves: Sequence[Move], past: list[int], earlier: int, worker: int, before: int, later: int) -> Race:
    """Who can begin a run in which the later move comes before the earlier one."""
    between = [k for k in range(earlier + 1, later) if not past[k] >> earlier & 1]
    if not between:
        return Race(earlier, (worker,))
    inside = sum(1 << k for k in between)
    instead = [moves[k].chosen for k in between if not past[k] & inside]
    if not before & inside:
        instead.insert(0, worker)
    return Race(earlier, tuple(instead))
