"""One interleaving while it is made: who stands where, who goes on next, and how it ends."""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable, Sequence
from typing import TypeVar

from dryfit.model.interleaving import ANYTHING, Backend, Backends, Choice, Choose, Ending, Step
from dryfit.model.outcome import Outcome, Returned
from dryfit.probes.schedule.broken_off import BrokenOff
from dryfit.probes.schedule.graph import circle
from dryfit.probes.schedule.lane import ACQUIRE, MONOTONIC, RELEASE, Deed, Lane, Wait, closed_gate
from dryfit.probes.schedule.record import Record
from dryfit.probes.schedule.said import said_of_circle, said_of_endless, said_of_stuck
from dryfit.probes.schedule.stops import Stops
from dryfit.probes.schedule.victim import deadlock_error

Result = TypeVar("Result")

ENDLESS = 10_000
"""How often an operation may pause where nobody else can go on: more than that is taken for for ever."""


class Round:
    """Hands the turn from lane to lane: the one that stops makes the next choice itself.

    Only where a server has to be asked who waits is this left to the ``Watcher``, for whom ``bell`` is rung.
    ``held`` are the lanes that used a server's process last, ``calls`` counts the driver calls that are over,
    ``asked`` is that number when the servers were asked last, and ``turns`` counts how often any lane went on. All of
    it is used with the ``mutex``. ``are_idle`` says that no thread but the lanes' is about to do anything.
    """

    def __init__(
        self, backends: Backends, choose: Choose, are_idle: Callable[[], bool], stops: Stops | None = None
    ) -> None:
        self.mutex = allocate_lock()
        self.bell = closed_gate()
        self.lanes: list[Lane] = []
        self.held: dict[Backend, Lane] = {}
        self.record = Record()
        self.calls = self.asked = self.turns = 0
        self.ending: tuple[Ending, str] | None = None
        self.failure: BaseException | None = None
        self.stops = stops
        self._backends = backends
        self._choose = choose
        self.are_idle = are_idle
        self._last: Lane | None = None

    # What lanes do, each in its own thread.

    def park(self, lane: Lane, deed: Deed) -> None:
        """Stop before a deed, until this lane is chosen."""
        lane.is_inside = True
        with self.mutex:
            lane.state, lane.deed = "parked", deed
            is_mine = self._pass_on(lane)
        self._rest(lane, is_mine)

    def wait(self, lane: Lane, wait: Wait) -> bool:
        """Stop until the wait is over; false where it is given up instead."""
        lane.is_inside = True
        with self.mutex:
            lane.state, lane.wait, lane.gave_up = "waiting", wait, False
            lane.since, lane.is_noted = self.turns, False
            if wait.is_own or any(other.worker != lane.worker for other in self.waits_for(lane)):
                self._note_wait(lane)
            is_mine = self._pass_on(lane)
        self._rest(lane, is_mine)
        if lane.is_calling:
            self._go_back_in(lane)
        return not lane.gave_up

    def call(self, lane: Lane, connection: object, deed: Deed, do: Callable[[], Result]) -> Result:
        """Stop before a driver call, do it, and stop again where it had to wait for others."""
        if self.ending is not None and deed.kind == "rollback":
            return do()  # a program that cleans up after itself
        self.park(lane, deed)
        return self.within(lane, connection, deed, do)

    def within(self, lane: Lane, connection: object, deed: Deed, do: Callable[[], Result]) -> Result:
        """Do a driver call, and stop after it where it had to wait for others."""
        self._go_in(lane, connection, deed)
        try:
            result = do()
        except BaseException as error:
            self._come_back(lane)
            if lane.is_victim:
                raise self.deadlock_of(lane, error) from None
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

    def deadlock_of(self, lane: Lane, cancelled: BaseException) -> BaseException:
        """What the victim of a deadlock is told, whose statement was cancelled."""
        lane.is_victim = False
        return deadlock_error(cancelled)

    def begin_awaited(self, lane: Lane, connection: object, deed: Deed) -> None:
        """Stop before a driver call that the lane's event loop is about to await."""
        self.park(lane, deed)
        lane.pending.append((connection, deed))
        self._hold(lane, connection)

    def end_awaited(self, lane: Lane, connection: object, deed: Deed) -> None:
        """Such a call is over."""
        lane.pending.remove((connection, deed))
        self.calls += 1

    def _go_in(self, lane: Lane, connection: object, deed: Deed) -> None:
        self._hold(lane, connection)
        lane.call, lane.is_calling = deed, True
        if self.stops is not None and lane.backend is not None:
            self.stops.arm(lane.backend)
        self._go_back_in(lane)

    def _hold(self, lane: Lane, connection: object) -> None:
        lane.is_inside = True
        with self.mutex:
            lane.backend = self._backends.backend(connection)
            if lane.backend is not None:
                self.held[lane.backend] = lane
        lane.is_inside = False

    def _go_back_in(self, lane: Lane) -> None:
        lane.is_inside = True
        with self.mutex:
            lane.state = "calling"
            lane.serial += 1
        lane.is_inside = False

    def _come_back(self, lane: Lane) -> None:
        lane.is_inside = True
        if self.stops is not None and lane.backend is not None:
            self.stops.let_go(lane.backend)
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
        if self._has_to_ask() or not self.are_idle():
            self.ring()
            return False
        return self.go_on(lane)

    def _has_to_ask(self) -> bool:
        return self.calls != self.asked and any(each.state in ("blocked", "back") for each in self.lanes)

    def go_on(self, caller: Lane | None = None) -> bool:
        """Let the next lane go on, and say whether it is the caller's own, which does not stand at its gate."""
        enabled = self._enabled()
        found = self._circle()
        if found:
            self.end("deadlock", said_of_circle(found), caller)
        elif any(lane.alone > ENDLESS for lane in enabled):
            self.end("stuck", said_of_endless(enabled), caller)
        elif not enabled:
            self._stand_still(caller)
        else:
            following = self._heir(enabled)
            if following is None and self._is_answered_soon():
                return False
            following = following or self._chosen(enabled, caller)
            if following is not None and following is not caller:
                self._release(following)
            return following is caller
        return self.ending is not None

    def _heir(self, enabled: list[Lane]) -> Lane | None:
        """Another thread of the operation that went on last, if one has to follow: that is no switch."""
        for lane in enabled:
            is_last = self._last is not None and lane.worker == self._last.worker
            if is_last and lane.state == "parked" and lane.deed.is_passed_on:
                self.record.touch(lane.deed.footprint)
                return self._start(lane)
        return None

    def _is_answered_soon(self) -> bool:
        """Whether the operation that went on last waits for something outside that may come at any moment."""
        now, last = MONOTONIC(), self._last.worker if self._last is not None else -1
        return any(
            lane.worker == last and lane.wait is not None and now < lane.wait.until for lane in self.lanes
        )

    def _chosen(self, enabled: list[Lane], caller: Lane | None) -> Lane | None:
        choice = Choice(tuple(sorted({lane.worker for lane in enabled})), self.record.last)
        self._note_waits(choice.enabled)
        try:
            worker = self._choose(choice)
            if worker not in choice.enabled:
                raise ValueError(f"the choice of {worker} is none of {choice.enabled}")
        except BaseException as error:  # noqa: BLE001 - it comes from another room, and is raised where run() is called
            self.failure = error
            self.end("stuck", f"no choice was made: {error!r}", caller)
            return None
        lane = next(lane for lane in enabled if lane.worker == worker)
        self.record.move(choice, worker, lane.deed.footprint if lane.state == "parked" else ANYTHING)
        return self._start(lane)

    def _start(self, lane: Lane) -> Lane:
        if lane.state == "waiting":
            lane.gave_up = True
        elif lane.deed.kind != "woken":
            self.record.step(lane, lane.deed)
        lane.alone = lane.alone + 1 if self.is_resting(lane) else 0
        self.turns += 1
        lane.turns += 1
        lane.rested = self.turns - lane.turns if lane.deed.is_pause else -1
        lane.state, lane.has_begun, lane.wait = "running", True, None
        self._last = lane
        return lane

    def _release(self, lane: Lane) -> None:
        """Let a lane go on: from its gate, or in the middle of its statement."""
        if lane.is_half_way and self.stops is not None and lane.backend is not None:
            lane.is_half_way, lane.state = False, "calling"
            lane.serial += 1
            self.stops.let_go(lane.backend)
        else:
            RELEASE(lane.gate)

    def _enabled(self) -> list[Lane]:
        for lane in self.lanes:
            if lane.wait is not None and lane.wait.is_over():
                self.wake(lane, lane.wait.woken)
        parked = [lane for lane in self.lanes if lane.state == "parked"]
        awake = [lane for lane in parked if not self.is_resting(lane)]
        return awake or ([] if self._is_complete() else parked or self._timed())

    def is_resting(self, lane: Lane) -> bool:
        """Whether it pauses once more, and nobody else went on since its last pause: it would pause for ever."""
        return lane.deed.is_pause and lane.rested == self.turns - lane.turns

    def _timed(self) -> list[Lane]:
        return [lane for lane in self.lanes if lane.wait is not None and lane.wait.is_timed]

    def _is_complete(self) -> bool:
        return all(lane.state == "done" for lane in self.lanes if lane.is_main)

    def wake(self, lane: Lane, deed: Deed) -> None:
        """A lane may go on again with what it waited for."""
        lane.state, lane.deed, lane.wait = "parked", deed, None
        if lane.is_noted:
            self.record.step(lane, deed)

    def _note_waits(self, enabled: Sequence[int]) -> None:
        """Write down what operations wait for that cannot go on, where it is not written down already."""
        for worker in {lane.worker for lane in self.lanes} - set(enabled):
            lanes = [lane for lane in self.lanes if lane.worker == worker]
            stopped = [lane for lane in lanes if lane.state in ("waiting", "blocked")]
            if stopped and not any(lane.is_noted for lane in stopped):
                self._note_wait(max(stopped, key=lambda lane: lane.since))

    def _note_wait(self, lane: Lane) -> None:
        if (
            lane.wait is not None and not lane.wait.until
        ):  # nobody is waited for by whom an answer is under way
            lane.is_noted = True
            by = tuple(other.worker for other in self.waits_for(lane))
            self.record.add(Step(lane.worker, "blocked", lane.wait.what, lane.wait.place, by))

    def _stand_still(self, caller: Lane | None) -> None:
        if self._is_complete():
            self.end("completed", "", caller)
        elif not any(lane.wait is not None and lane.wait.until for lane in self.lanes):
            self._note_waits(())
            self.end("stuck", said_of_stuck(self.lanes, self.held), caller)

    def _circle(self) -> tuple[Lane, ...]:
        waits = {lane: found for lane in self.lanes if (found := self.waits_for(lane))}
        return circle(waits)

    def waits_for(self, lane: Lane) -> tuple[Lane, ...]:
        """The lanes that have to do something before this one can go on, as far as that can be told."""
        if lane.state == "blocked":
            return tuple(self.held[each] for each in lane.by if each in self.held)
        if lane.wait is not None and not lane.wait.is_timed:
            holder = lane.wait.holder()
            return (holder,) if holder is not None else ()
        return ()

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
        if lane.is_half_way:  # it is broken off in its statement
            lane.is_half_way, lane.state = False, "calling"
            return
        lane.state, lane.wait = "running", None
        if lane is not caller:
            RELEASE(lane.gate)


def _ended(outcome: Outcome) -> Deed:
    if isinstance(outcome, Returned):
        return Deed("returned")
    return Deed("raised", type(outcome.exception).__qualname__)
