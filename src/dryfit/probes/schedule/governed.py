"""What is common to all of Python's own primitives that the controller knows."""

from __future__ import annotations

from _thread import get_ident
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

from dryfit.model.interleaving import Step
from dryfit.probes.schedule.lane import Deed, Lane, Wait
from dryfit.probes.schedule.round import Round
from dryfit.probes.schedule.uses import Use, Uses

Here = tuple[Round, Lane]


def nobody() -> None:
    """The holder of what nobody holds."""


class Governor:
    """Has lanes stop before they use a primitive, and where they have to wait for it."""

    def __init__(self, lanes: Mapping[int, Here], uses: Uses) -> None:
        self._lanes = lanes
        self._uses = uses

    def here(self) -> Here | None:
        """The lane of the running thread; ``None`` where it is governed by nobody."""
        found = self._lanes.get(get_ident())
        return None if found is None or found[1].is_inside else found

    def use(self, here: Here, used: object, frame: FrameType) -> Use:
        """Who uses a primitive, and for what."""
        with self.ungoverned(here):
            return self._uses.of(used, frame)

    @contextmanager
    def ungoverned(self, here: Here) -> Iterator[None]:
        """What is done within is not governed."""
        here[1].is_inside = True
        try:
            yield
        finally:
            here[1].is_inside = False

    def stop(self, here: Here, use: Use) -> None:
        """Others may go on before the components' own code uses it."""
        round_, lane = here
        if use.is_own and not lane.is_calling and round_.ending is None:
            round_.park(lane, Deed(use.kind, use.what, use.place))

    def wait(
        self,
        here: Here,
        use: Use,
        is_over: Callable[[], bool],
        holder: Callable[[], Lane | None] = nobody,
        *,
        is_timed: bool = False,
    ) -> bool:
        """Have others go on until the wait is over; false where it is given up, as nobody else can go on."""
        return here[0].wait(here[1], Wait(use.what, is_over, holder, is_timed, use.place))

    def released(self, here: Here, use: Use) -> None:
        """Write down that the components' own code let go of a lock."""
        round_, lane = here
        if use.is_own and use.kind == "lock" and round_.ending is None:
            round_.record.add(Step(lane.worker, "release", use.what, use.place))
