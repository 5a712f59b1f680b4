"""All of Python's own by which one thread may have to wait for another."""

from __future__ import annotations

from collections.abc import Callable
from types import FrameType
from typing import Protocol

from dryfit.model.seam import Place
from dryfit.probes.schedule.clocks import Clocks
from dryfit.probes.schedule.executors import Executors
from dryfit.probes.schedule.foreign_loops import ForeignLoops
from dryfit.probes.schedule.governed import Governor
from dryfit.probes.schedule.locks import Locks
from dryfit.probes.schedule.loops import Loops
from dryfit.probes.schedule.queues import Queues, Sleep
from dryfit.probes.schedule.selects import Selects
from dryfit.probes.schedule.threads import Perform, Threads


class Primitive(Protocol):
    """Something of Python's own that can be known to the controller."""

    def put_in(self) -> None:
        """Have it known."""

    def take_out(self) -> None:
        """Have it as it was."""

    def forget(self) -> None:
        """Forget what an interleaving has left behind."""


def primitives(
    governor: Governor,
    place: Callable[[FrameType], Place | None],
    perform: Perform,
    known: Callable[[int], None],
    renewed: Callable[[int], None],
) -> tuple[Primitive, ...]:
    """Each of them once; ``perform`` runs what a thread of an operation is for, ``known`` is told of such threads.

    ``renewed`` is told of those that do a driver's work.
    """
    return (
        Locks(governor),
        Queues(governor),
        Selects(governor),
        Loops(governor, place),
        Sleep(governor),
        Clocks(governor),
        Threads(governor, perform, known, renewed),
        Executors(governor),
        ForeignLoops(governor),
    )
