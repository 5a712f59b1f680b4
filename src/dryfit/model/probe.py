"""What may act at a seam."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from dryfit.model.crossing import Crossing
from dryfit.model.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Raise:
    """Act: the callee does not run, its caller gets this exception."""

    exception: BaseException


@dataclass(frozen=True, slots=True)
class Return:
    """Act: the callee does not run, its caller gets this value."""

    value: object


@dataclass(frozen=True, slots=True)
class Around:
    """Act: the callee runs within ``call``, which gets it as a callable without arguments, and says what comes of it.

    Where the callee is a coroutine function both are. Generators take no such act.
    """

    call: Callable[[Callable[[], object]], object]


Act = Raise | Return | Around | None
"""``None`` lets the call go on."""


class Probe(Protocol):
    """Something that acts at seams. One that raises is switched off and named; the user's call goes on."""

    def before(self, crossing: Crossing) -> Act:
        """Look at the call before the callee runs, and say what is to happen."""

    def after(self, crossing: Crossing, outcome: Outcome) -> Outcome:
        """Look at what came of it, and give back what the caller is to see."""
