"""One database for all workers, never cleaned: for suites that take care of their data themselves."""

from __future__ import annotations

from dryfit.model.resource import Handle, Leftover


class SharedDatabase:
    """Lives as long as its server does."""

    def __init__(self, handle: Handle) -> None:
        self.handle = handle

    def clean(self) -> tuple[Leftover, ...]:
        """Nothing is cleaned: another worker may be using it at this moment."""
        return ()

    def suspend(self) -> None:
        """Nothing is connected."""

    def resume(self) -> None:
        """Nothing is cleaned."""
        self.clean()

    def close(self) -> None:
        """Leave it to the others."""
