"""What is written down of an interleaving while it is made."""

from __future__ import annotations

from dryfit.model.interleaving import Choice, Ending, Footprint, Interleaving, Move, Step
from dryfit.probes.schedule.lane import Deed, Lane


class Record:
    """The moves and steps so far."""

    def __init__(self) -> None:
        self._moves: list[tuple[Choice, int]] = []
        self._touched: list[Footprint] = []
        self._steps: list[Step] = []
        self.last = -1

    @property
    def moves(self) -> int:
        """How many choices were made."""
        return len(self._moves)

    def move(self, choice: Choice, chosen: int, footprint: Footprint) -> None:
        """A choice was made; what is touched until the next one is that footprint, and what is added to it."""
        self._moves.append((choice, chosen))
        self._touched.append(footprint)
        self.last = chosen

    def touch(self, footprint: Footprint) -> None:
        """Add to what is touched by the move that is under way."""
        before = self._touched[-1]
        if before.unknown or (
            footprint.reads <= before.reads and not footprint.writes and not footprint.unknown
        ):
            return
        self._touched[-1] = Footprint(
            before.reads | footprint.reads,
            before.writes | footprint.writes,
            footprint.unknown,
        )

    def step(self, lane: Lane, deed: Deed) -> None:
        """A lane did something."""
        self._steps.append(Step(lane.worker, deed.kind, deed.what, deed.place))

    def add(self, step: Step) -> None:
        """Something became of a lane."""
        self._steps.append(step)

    def interleaving(self, ending: Ending, said: str) -> Interleaving:
        """All of it."""
        moves = (
            Move(choice, chosen, footprint)
            for (choice, chosen), footprint in zip(self._moves, self._touched, strict=True)
        )
        return Interleaving(tuple(moves), tuple(self._steps), ending, said)
