"""Statements that are stopped half-way, as another switch point."""

from __future__ import annotations

from typing import Protocol

from dryfit.model.interleaving import Backend


class Stops(Protocol):
    """Stops the next statement of a backend after it has read, before it writes; one that does not write passes."""

    def arm(self, backend: Backend) -> None:
        """Stop its next statement."""

    def let_go(self, backend: Backend) -> None:
        """Let it go on, or not stop any more."""

    def is_stopped(self, by: tuple[Backend, ...]) -> bool:
        """Whether a statement that waits for these was stopped half-way: it waits for nobody else."""
