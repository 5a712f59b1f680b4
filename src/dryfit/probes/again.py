"""The probe that calls an entry once more when it has failed: what the next attempt makes of what was left."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from inspect import iscoroutinefunction
from typing import cast

from dryfit.model.crossing import Crossing
from dryfit.model.outcome import Outcome
from dryfit.model.probe import Act, Around
from dryfit.model.trial import Attempt

_NO_ENTRY = -1


class Again:
    """Gives the caller of one entry what the first attempt came to, and makes the second one in between.

    ``entry_of`` tells the number of an entry crossing, -1 for any other one.
    """

    def __init__(self, entry_of: Callable[[Crossing], int]) -> None:
        self._entry_of = entry_of
        self.begin(_NO_ENTRY)

    def begin(self, entry: int = _NO_ENTRY) -> None:
        """From now on this entry is called again, if it fails."""
        self._entry = entry
        self.came_to: Attempt = ""

    def before(self, crossing: Crossing) -> Act:
        """Stand around the entry."""
        if self._entry == _NO_ENTRY or self._entry_of(crossing) != self._entry:
            return None
        return Around(self._called)

    def after(self, crossing: Crossing, outcome: Outcome) -> Outcome:
        """Nothing changes what an entry gives."""
        return outcome

    def _called(self, entry: Callable[[], object]) -> object:
        if iscoroutinefunction(getattr(entry, "func", None)):
            return self._awaited(cast(Callable[[], Awaitable[object]], entry))
        try:
            return entry()
        except Exception:
            with self._second():
                entry()
            raise

    async def _awaited(self, entry: Callable[[], Awaitable[object]]) -> object:
        try:
            return await entry()
        except Exception:
            with self._second():
                await entry()
            raise

    @contextmanager
    def _second(self) -> Iterator[None]:
        """Note what the second attempt within the block comes to."""
        try:
            yield
        except Exception:  # noqa: BLE001 - whatever the program raises
            self.came_to = "raised"
        else:
            self.came_to = "returned"
