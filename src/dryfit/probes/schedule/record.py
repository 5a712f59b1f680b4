"""What is written down of an interleaving while it is made."""

from __future__ import annotations

from collections.abc import Callable

from dryfit.model.interleaving import Choice, Ending, Footprint, Interleaving, Move, Step
from dryfit.probes.schedule.lane import Deed, Lane, nobody
from dryfit.probes.schedule.narrator import Narrator


class Record:
    """The moves and steps so far."""

    def __init__(self) -> None:
        self._moves: list[tuple[Choice, int]] = []
        self._meant: list[Footprint] = []
        self._more: dict[int, Footprint] = {}
        self._steps: list[Step] = []
        self.last = -1
        self._settle: Callable[[], None] = nobody

    def narrated(self, narrator: Narrator) -> None:
        """Have a narrator tell more steps in between."""
        narrator.tell, self._settle = self._steps.append, narrator.settle

    @property
    def moves(self) -> int:
        """How many choices were made."""
        return len(self._moves)

    def move(self, choice: Choice, chosen: int, footprint: Footprint) -> None:
        """A choice was made; what is touched until the next one is that footprint, and what is added to it."""
        self._moves.append((choice, chosen))
        self._meant.append(footprint)
        self.last = chosen

    def touch(self, footprint: Footprint, move: int = -1) -> None:
        """Add to what is touched by a move, from 0; by the one that is under way where none is said."""
        if not self._moves:
            return
        move = len(self._moves) - 1 if move < 0 else move
        before = self._more.get(move)
        if before is None:
            self._more[move] = footprint
        elif before is not footprint:
            self._more[move] = before.joined(footprint)

    def tell(self, footprint: Footprint, move: int) -> None:
        """What was chosen in a move has turned out to touch this."""
        self._meant[move] = footprint

    def step(self, lane: Lane, deed: Deed) -> None:
        """A lane did something; what a task has awaited was told when it began to."""
        self._settle()
        what = deed.what if deed.kind != "resumed" else ""
        self._steps.append(Step(lane.worker, deed.kind, what, deed.place, given=deed.given))

    def add(self, step: Step) -> None:
        """Something became of a lane."""
        self._settle()
        self._steps.append(step)

    def interleaving(self, ending: Ending, said: str) -> Interleaving:
        """All of it."""
        moves = (
            Move(choice, chosen, meant.joined(self._more[move]) if move in self._more else meant)
            for move, ((choice, chosen), meant) in enumerate(zip(self._moves, self._meant, strict=True))
        )
        return Interleaving(tuple(moves), tuple(self._steps), ending, said)
