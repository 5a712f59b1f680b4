"""How much of the project was integrated, in three numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dryfit.model.run import SeamCoverage


@dataclass(frozen=True, slots=True)
class Tally:
    """Seams by status; ``seams`` is their sum."""

    exercised: int
    mocked_only: int
    unexercised: int

    @property
    def seams(self) -> int:
        """All of them."""
        return self.exercised + self.mocked_only + self.unexercised

    @property
    def percent(self) -> int:
        """The exercised share, rounded down, so that 100 means all; 100 too where there is no seam."""
        return self.exercised * 100 // self.seams if self.seams else 100

    def widths(self, cells: int) -> tuple[int, int, int]:
        """Share ``cells`` out by status; a status that occurs gets one cell at least, if there is room."""
        counts = (self.exercised, self.mocked_only, self.unexercised)
        if not self.seams:
            return (0, 0, 0)
        shares = [max(count * cells // self.seams, min(count, 1)) for count in counts]
        shares[shares.index(max(shares))] += cells - sum(shares)
        return (shares[0], shares[1], shares[2])


def tally(coverage: Iterable[SeamCoverage]) -> Tally:
    """Count seams by status."""
    statuses = [entry.status for entry in coverage]
    return Tally(statuses.count("exercised"), statuses.count("mocked only"), statuses.count("unexercised"))
