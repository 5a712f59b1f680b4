"""What the operations of an overlap find, to be put back after each run of them."""

from __future__ import annotations

from collections.abc import Callable, Collection

from dryfit.model.interleaving import Rewind
from dryfit.model.target import Target
from dryfit.resources.environment import Environment


class Stage:
    """Puts back every database that the test has used, where all of them are dryfit's own.

    ``targets`` are those that the test has used up to now.
    """

    def __init__(self, resources: Environment, targets: Callable[[], Collection[Target]]) -> None:
        self._resources = resources
        self._targets = targets
        self._rewinds: dict[Target, Rewind] = {}

    def take(self) -> str:
        """Remember everything; why that cannot be, or ""."""
        self._rewinds = {}
        for target in self._targets():
            rewind = self._resources.rewind_of(target)
            if rewind is None:
                return f"{target} is none of the declared resources that can be put back"
            self._rewinds[target] = rewind
        return next((said for each in self._rewinds.values() if (said := each.take())), "")

    def back(self) -> str:
        """Put everything back; why that cannot be, or ""."""
        new = next((each for each in self._targets() if each not in self._rewinds), None)
        if new is not None:
            return f"{new} was not used before"
        return next((said for each in self._rewinds.values() if (said := each.back())), "")
