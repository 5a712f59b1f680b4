"""What the operations of an overlap find, to be put back after each run of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

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
        self._rewinds: Mapping[str, Rewind] = {}

    def take(self) -> str:
        """Remember everything; why that cannot be, or ""."""
        self._rewinds = self._resources.rewinds()
        return self._obstacle() or _first(each.take() for each in self._rewinds.values())

    def back(self) -> str:
        """Put everything back; why that cannot be, or ""."""
        return self._obstacle() or _first(each.back() for each in self._rewinds.values())

    def _obstacle(self) -> str:
        foreign = [each for each in self._targets() if self._resources.name_of(each) not in self._rewinds]
        return f"{foreign[0]} is none of the declared resources that can be put back" if foreign else ""


def _first(said: Iterable[str]) -> str:
    return next((each for each in said if each), "")
