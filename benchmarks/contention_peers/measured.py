"""What one tool measured of one program."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """Seconds until the bug was reported first (``None`` where it was not), and how many interleavings were run in how
    many seconds; ``replayed`` tells how often of how many times the report could be repeated, where that was tried."""

    report: float | None = None
    ran: int = 0
    seconds: float = 0.0
    replayed: str = ""
    found: int = 0

    @property
    def rate(self) -> float:
        return self.ran / self.seconds if self.seconds else 0.0
