"""One interleaving while it is made: who stands where, who goes on next, and how it ends."""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable

from dryfit.model.interleaving import ANYTHING, Backend, Backends, Choice, Choose, Ending, Step
from dryfit.model.outcome import Outcome, Returned
from dryfit.probes.schedule.broken_off import BrokenOff
from dryfit.probes.schedule.graph import circle
from dryfit.probes.schedule.lane import ACQUIRE, RELEASE, Deed, Lane, Wait, closed_gate
from dryfit.probes.schedule.record import Record
from dryfit.probes.schedule.said import said_of_circle, said_of_stuck
from dryfit.probes.schedule.victim import deadlock_error


class Round:
    """Hands the turn from lane to lane: the one that stops makes the next choice itself.

    Only where a server has to be asked who waits is this left to the ``Watcher``, for whom ``bell`` is rung.
    ``held`` are the lanes that used a server's process last, ``calls`` counts the driver calls that are over, and
    ``asked`` is that number when the servers were asked last. All of it is used with the ``mutex``.
    """

    def __init__(self, backends: Backends, choose: Choose) -> None:
        self.mutex = allocate_lock()
        self.bell = closed_gate()
        self.lanes: list[Lane] = []
        self.held: dict[Backend, Lane] = {}
        self.record = Record()
        self.calls = self.asked = 0
        self.ending: tuple[Ending, str] | None = None
        self.failure: BaseException | None = None
        self._backends = backends
        self._choose = choose

    # What lanes do, each in its own thread.

    def park(self, lane: Lane, deed: Deed) -> None:
        """Stop before a deed, until this lane is chosen."""
        lane.is_inside = True
        with self.mutex:
            lane.state, lane.deed = "parked", deed
            is_mine = self._pass_on(lane)
        self._rest(lane, is_mine)

    def pause(self, lane: Lane, deed: Deed) -> bool:
        """Stop to let others go on; whether none could, and this was not the first time."""
        self.park(lane, deed)
        return lane.was_alone

    def wait(self, lane: Lane, wait: Wait) -> bool:
        """Stop until the wait is over; false where it is given up instead."""
        lane.is_inside = True
        with self.mutex:
            lane.state, lane.wait, lane.gave_up = "waiting", wait, False
            self.record.add(Step(lane.worker, "blocked", wait.what, wait.place, self._holders(wait)))
            is_mine = self._pass_on(lane)
        self._rest(lane, is_mine)
        if lane.is_calling:
            self._go_back_in(lane)
        return not lane.gave_up

    def call(self, lane: Lane, connection: object, deed: Deed, do: Callable[[], object]) -> object:
        """Stop before a driver call, do it, and stop again where it had to wait for others."""
        if self.ending is not None and deed.kind == "rollback":
            return do()  # a program that cleans up after itself
        self.park(lane, deed)
        self._go_in(lane, connection, deed)
        try:
            result = do()
        except BaseException as error:
            self._come_back(lane)
            if lane.is_victim:
                lane.is_victim = False
                raise deadlock_error(error) from None
            raise
        self._come_back(lane)
        return result

    def join_in(self, lane: Lane) -> None:
        """Another thread of an operation may go on from now."""
        with self.mutex:
            self.lanes.append(lane)

    def finish(self, lane: Lane) -> None:
        """A lane is over."""
        lane.is_inside = True
        with self.mutex:
            lane.state = "done"
            if self.ending is not None:
                lane.outcome = None
            elif lane.outcome is not None and lane.is_main:
                self.record.step(lane, _ended(lane.outcome))
            self._pass_on(lane)

    def _go_in(self, lane: Lane, connection: object, deed: Deed) -> None:
        lane.is_inside = True
        with self.mutex:
            lane.backend = self._backends.backend(connection)
            if lane.backend is not None:
                self.held[lane.backend] = lane
            lane.call, lane.is_calling = deed, True
        self._go_back_in(lane)
        lane.is_inside = False

    def _go_back_in(self, lane: Lane) -> None:
        with self.mutex:
            lane.state = "calling"
            lane.serial += 1

    def _come_back(self, lane: Lane) -> None:
        lane.is_inside = True
        with self.mutex:
            self.calls += 1
            lane.is_calling = False
            goes_on = lane.state == "calling" or self.ending is not None
            lane.state = "running" if goes_on else "back"
            if not goes_on:
                self.ring()
        self._rest(lane, goes_on)

    def _rest(self, lane: Lane, is_mine: bool) -> None:
        if not is_mine:
            ACQUIRE(lane.gate)
        lane.is_inside = False
        if self.ending is not None:
            lane.is_told = True
            raise BrokenOff

    # What is done by whoever stops, or by the watcher: with the mutex, and while nobody runs.

    def ring(self) -> None:
        """Have the watcher look."""
        if self.bell.locked():
            RELEASE(self.bell)

    def _pass_on(self, lane: Lane) -> bool:
        """Let the next one go on; true where that is this very lane."""
        if self.ending is not None:
            self.ring()
            return True
        if self.calls != self.asked and any(each.state in ("blocked", "back") for each in self.lanes):
            self.ring()
            return False
        return self.go_on(lane)

    def go_on(self, lane: Lane | None = None) -> bool:
        """Make a choice; ``lane`` is the caller's own, which does not stand at its gate."""
        enabled = self._enabled()
        found = self._circle()
        if found:
            self.end("deadlock", said_of_circle(found), lane)
        elif not enabled:
            self._stand_still(lane)
        else:
            chosen = self._chosen(enabled, lane)
            if chosen is not None and chosen is not lane:
                RELEASE(chosen.gate)
            return chosen is lane
        return True

    def _chosen(self, enabled: list[Lane], caller: Lane | None) -> Lane | None:
        choice = Choice(tuple(sorted({lane.worker for lane in enabled})), self.record.last)
        try:
            worker = self._choose(choice)
            if worker not in choice.enabled:
                raise ValueError(f"the choice of {worker} is none of {choice.enabled}")
        except BaseException as error:  # noqa: BLE001 - it comes from another room, and is raised where run() is called
            self.failure = error
            self.end("stuck", f"no choice was made: {error!r}", caller)
            return None
        return self._start(next(lane for lane in enabled if lane.worker == worker), choice)

    def _start(self, lane: Lane, choice: Choice) -> Lane:
        self.record.move(choice, lane.worker, lane.deed.footprint if lane.state == "parked" else ANYTHING)
        if lane.state == "waiting":
            lane.gave_up = True
        elif lane.deed.kind != "woken":
            self.record.step(lane, lane.deed)
        lane.was_alone = self.is_resting(lane)
        lane.moves += 1
        lane.rested = self.record.moves - lane.moves if lane.deed.is_pause else -1
        lane.state, lane.has_begun = "running", True
        return lane

    def _enabled(self) -> list[Lane]:
        for lane in self.lanes:
            if lane.state == "waiting" and lane.wait is not None and lane.wait.is_over():
                self.wake(lane, Deed("woken", lane.wait.what, lane.wait.place))
        parked = [lane for lane in self.lanes if lane.state == "parked"]
        awake = [lane for lane in parked if not self.is_resting(lane)]
        return awake or ([] if self._is_complete() else parked or self._timed())

    def is_resting(self, lane: Lane) -> bool:
        """Whether it pauses once more, and nobody else went on since its last pause: it would pause for ever."""
        return lane.deed.is_pause and lane.rested == self.record.moves - lane.moves

    def _timed(self) -> list[Lane]:
        return [
            lane
            for lane in self.lanes
            if lane.state == "waiting" and lane.wait is not None and lane.wait.is_timed
        ]

    def _is_complete(self) -> bool:
        return all(lane.state == "done" for lane in self.lanes if lane.is_main)

    def wake(self, lane: Lane, deed: Deed) -> None:
        """A lane may go on again with what it waited for."""
        lane.state, lane.deed = "parked", deed
        self.record.step(lane, deed)

    def _stand_still(self, caller: Lane | None) -> None:
        if self._is_complete():
            self.end("completed", "", caller)
        else:
            self.end("stuck", said_of_stuck(self.lanes, self.held), caller)

    def _circle(self) -> tuple[Lane, ...]:
        waits = {lane: found for lane in self.lanes if (found := self.waits_for(lane))}
        return circle(waits)

    def waits_for(self, lane: Lane) -> tuple[Lane, ...]:
        """The lanes that have to do something before this one can go on, as far as that can be told."""
        if lane.state == "blocked":
            return tuple(self.held[each] for each in lane.by if each in self.held)
        if lane.state == "waiting" and lane.wait is not None and not lane.wait.is_timed:
            holder = lane.wait.holder()
            return (holder,) if holder is not None else ()
        return ()

    def _holders(self, wait: Wait) -> tuple[int, ...]:
        holder = wait.holder()
        return (holder.worker,) if holder is not None else ()

    def end(self, ending: Ending, said: str, caller: Lane | None = None) -> None:
        """The interleaving is over: all that stand at their gates are let through, to be broken off."""
        if self.ending is not None:
            return
        self.ending = (ending, said)
        for lane in self.lanes:
            if lane.state in ("parked", "waiting", "back"):
                self._let_through(lane, caller)
        self.ring()

    def _let_through(self, lane: Lane, caller: Lane | None) -> None:
        if lane.is_main and not lane.has_begun:
            lane.state = "done"
            return
        lane.state = "running"
        if lane is not caller:
            RELEASE(lane.gate)


def _ended(outcome: Outcome) -> Deed:
    if isinstance(outcome, Returned):
        return Deed("returned")
    return Deed("raised", type(outcome.exception).__qualname__)
