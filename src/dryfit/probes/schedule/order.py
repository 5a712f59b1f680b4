"""Who goes on next, and how an interleaving ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dryfit.model.clock import Clock
from dryfit.model.interleaving import ANYTHING, Backend, Choice, Choose, Ending, Step
from dryfit.probes.schedule.graph import circle
from dryfit.probes.schedule.lane import LOOP, RELEASE, Deed, Lane, closed_gate
from dryfit.probes.schedule.record import Record
from dryfit.probes.schedule.said import said_of_circle, said_of_endless, said_of_stuck

PATIENCE = 1.0
"""Seconds for which nobody gives up while an answer may come from outside, beyond those in which nobody goes on."""

ENDLESS = 10_000
"""How often an operation may pause where nobody else can go on: more than that is taken for for ever."""


class Order:
    """The order of the lanes' turns, made by whoever stops or by the watcher: under one mutex, while no lane goes on.

    ``held`` are the lanes that used a server's process last, ``turns`` counts how often any lane went on, ``calls`` how
    often what servers say of who waits may have changed, as by a driver's call that is over. ``bell`` is
    rung for the watcher. ``failure`` is what the choice raised, or the controller itself. ``relent`` is asked where
    nobody can go on but by giving up: to let go of what is held up from outside, and whether there was anything.
    """

    def __init__(self, choose: Choose, relent: Callable[[], bool]) -> None:
        self.bell = closed_gate()
        self.lanes: list[Lane] = []
        self.held: dict[Backend, Lane] = {}
        self.record = Record()
        self.turns = self.calls = 0
        self.ending: tuple[Ending, str] | None = None
        self.failure: BaseException | None = None
        self._choose = choose
        self._relent = relent
        self._last: Lane | None = None

    def ring(self) -> None:
        """Have the watcher look."""
        if self.bell.locked():
            RELEASE(self.bell)

    def go_on(self, caller: Lane | None = None) -> bool:
        """Let the next lane go on, and say whether it is the caller's own, which does not stand at its gate."""
        enabled = self._enabled()
        found = self._circle()
        if found:
            self._stand_in_circle(found, caller)
        elif any(lane.alone > ENDLESS for lane in enabled):
            self.end("stuck", said_of_endless(enabled), caller)
        elif not self._is_complete() and _give_up(enabled) and self._is_helped_soon():
            return False
        elif not enabled:
            self._stand_still(caller)
        else:
            following = self._heir(enabled)
            if following is None and self._is_answered_soon():
                return False
            following = following or self._chosen(enabled, caller)
            if following is not None and following is not caller:
                RELEASE(following.gate)
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
        now, last = Clock.monotonic(), self._last.worker if self._last is not None else -1
        return any(
            lane.worker == last and lane.wait is not None and now < lane.wait.until for lane in self.lanes
        )

    def _is_helped_soon(self) -> bool:
        """Whether something from outside of all operations may still come, or is let go of now, so that one goes on."""
        now = Clock.monotonic()
        waits = [lane.wait for lane in self.lanes if lane.wait is not None and lane.wait.until]
        if any(now < wait.until + PATIENCE for wait in waits):
            return True
        if not self._relent():
            return False
        self.calls += 1
        self.ring()
        return True

    def _chosen(self, enabled: list[Lane], caller: Lane | None) -> Lane | None:
        choice = Choice(tuple(sorted({lane.worker for lane in enabled})), self.record.last)
        self._note_waits(() if _give_up(enabled) and self._are_several() else choice.enabled)
        try:
            worker = self._choose(choice)
            if worker not in choice.enabled:
                raise ValueError(f"the choice of {worker} is none of {choice.enabled}")
        except BaseException as error:  # noqa: BLE001 - it comes from another room, and is raised where run() is called
            self.fail(error, caller)
            return None
        lane = next(lane for lane in enabled if lane.worker == worker)
        self.record.move(choice, worker, lane.deed.footprint if lane.state == "parked" else ANYTHING)
        return self._start(lane)

    def _start(self, lane: Lane) -> Lane:
        if lane.wait is not None:
            lane.gave_up = True
            if lane.is_noted:
                self.record.add(Step(lane.worker, "expired", lane.wait.what, lane.wait.place))
        elif lane.deed.kind != "woken":
            self.record.step(lane, lane.deed)
        lane.alone = lane.alone + 1 if self.is_resting(lane) else 0
        self.turns += 1
        lane.turns += 1
        lane.rested = self.turns - lane.turns if lane.deed.is_pause else -1
        lane.state, lane.has_begun, lane.wait = "running", True, None
        self._last = lane
        return lane

    def _enabled(self) -> list[Lane]:
        for lane in self.lanes:
            if lane.wait is not None and lane.wait.is_over():
                self.wake(lane, lane.wait.woken)
        parked = [lane for lane in self.lanes if lane.state == "parked" and lane.deed.needs() is None]
        awake = [lane for lane in parked if not self.is_resting(lane)]
        return awake or ([] if self._is_complete() else parked or self._timed())

    def is_resting(self, lane: Lane) -> bool:
        """Whether it pauses once more, and nobody else went on since its last pause: it would pause for ever."""
        return lane.deed.is_pause and lane.rested == self.turns - lane.turns

    def _timed(self) -> list[Lane]:
        return [lane for lane in self.lanes if lane.wait is not None and lane.wait.is_timed]

    def _are_several(self) -> bool:
        """Whether more than one operation is not over."""
        return sum(lane.is_main and lane.state != "done" for lane in self.lanes) > 1

    def _is_complete(self) -> bool:
        return all(lane.state == "done" for lane in self.lanes if lane.is_main)

    def wake(self, lane: Lane, deed: Deed) -> None:
        """A lane may go on again with what it waited for."""
        lane.state, lane.deed, lane.wait = "parked", deed, None
        if lane.is_noted:
            self.record.step(lane, deed)

    def _note_waits(self, enabled: Sequence[int]) -> None:
        """Write down what operations wait for that cannot go on, where it is not written down already.

        One that has its next step to make as soon as the loop is free has nothing else to wait for.
        """
        going = {lane.worker for lane in self.lanes if lane.is_main and lane.state != "done"}
        ready = {lane.worker for lane in self.lanes if lane.state == "parked"}
        for worker in sorted(going - ready - set(enabled)):
            lanes = [lane for lane in self.lanes if lane.worker == worker]
            stopped = [lane for lane in lanes if lane.state in ("waiting", "blocked")]
            if stopped and not any(lane.is_noted for lane in stopped):
                self.note_wait(max(stopped, key=lambda lane: lane.since))

    def note_wait(self, lane: Lane) -> None:
        """Write down what a lane waits for."""
        if lane.wait is not None and not lane.wait.until:  # where an answer is under way it waits for nobody
            lane.is_noted = True
            needed = self.waits_for(lane) or _some(lane.wait.holder() or lane.wait.helper())
            by = tuple(other.worker for other in needed)
            self.record.add(Step(lane.worker, "blocked", lane.wait.what, lane.wait.place, by))

    def _stand_still(self, caller: Lane | None) -> None:
        if self._is_complete():
            self.end("completed", "", caller)
        elif not any(lane.wait is not None and lane.wait.until for lane in self.lanes):
            self._note_waits(())
            found = self._circle_of_operations()
            if found:
                self._stand_in_circle(found, caller)
            else:
                self.end("stuck", said_of_stuck(self.lanes, self.held), caller)

    def _stand_in_circle(self, lanes: tuple[Lane, ...], caller: Lane | None) -> None:
        for lane in lanes:
            if lane.state == "parked":
                by = tuple(other.worker for other in self.waits_for(lane))
                self.record.add(Step(lane.worker, "blocked", LOOP, lane.deed.place, by))
        self.end("deadlock", said_of_circle(lanes), caller)

    def _circle(self) -> tuple[Lane, ...]:
        waits = {lane: found for lane in self.lanes if (found := self.waits_for(lane))}
        return circle(waits)

    def waits_for(self, lane: Lane) -> tuple[Lane, ...]:
        """The lanes that have to do something before this one can go on, as far as that can be told."""
        if lane.state == "parked":
            return _some(lane.deed.needs())
        if lane.state == "blocked":
            return tuple(self.held[each] for each in lane.by if each in self.held) or _some(lane.deafened())
        if lane.wait is not None and not lane.wait.is_timed:
            return _some(lane.wait.holder())
        return ()

    def _circle_of_operations(self) -> tuple[Lane, ...]:
        """Where no lane at all can go on, a loop may be held up by one for what another's operation is to let go of."""
        helpers = {lane: _some(lane.wait.helper()) for lane in self.lanes if lane.wait is not None}
        if not any(helpers.values()) and not any(lane.state == "parked" for lane in self.lanes):
            return ()
        waits = {
            lane: {
                other.worker
                for other in (*self.waits_for(lane), *helpers.get(lane, ()))
                if other.worker != lane.worker
            }
            for lane in self.lanes
            if lane.state != "done"
        }
        return circle(
            {
                lane: [other for other in waits if waits[other] and other.worker in workers]
                for lane, workers in waits.items()
            }
        )

    def end(self, ending: Ending, said: str, caller: Lane | None = None) -> None:
        """The interleaving is over: all that stand at their gates are let through, to be broken off."""
        if self.ending is not None:
            return
        self.ending = (ending, said)
        for lane in self.lanes:
            if lane.state in ("parked", "waiting", "back"):
                self._let_through(lane, caller)
        self.ring()

    def fail(self, error: BaseException, caller: Lane | None = None) -> None:
        """The interleaving is over by a failure that is none of the program's, which must not see it."""
        self.failure = self.failure or error
        self.end("stuck", f"no choice was made: {error!r}", caller)

    def _let_through(self, lane: Lane, caller: Lane | None) -> None:
        if lane.is_main and not lane.has_begun:
            lane.state = "done"
            return
        lane.state, lane.wait = "running", None
        if lane is not caller:
            RELEASE(lane.gate)


def _give_up(enabled: Sequence[Lane]) -> bool:
    """Whether nobody can go on but by giving up, if at all."""
    return all(lane.state == "waiting" for lane in enabled)


def _some(lane: Lane | None) -> tuple[Lane, ...]:
    return (lane,) if lane is not None else ()
