"""Asks servers who waits for whom, and ends what does not end by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dryfit.model.clock import Clock
from dryfit.model.interleaving import Backend, Backends, Step
from dryfit.probes.schedule.graph import circle
from dryfit.probes.schedule.interrupts import Interrupts
from dryfit.probes.schedule.lane import ACQUIRE, Deed, Lane
from dryfit.probes.schedule.round import Round
from dryfit.probes.schedule.said import Placed, said_of_late

TICK, LONGEST_TICK = 0.00025, 0.004
"""Seconds between two looks, at first and at most, for as long as the same calls are under way.

When servers are asked depends on it; what is concluded from their answers does not."""


class Look(NamedTuple):
    """All lanes as they stood still: those ``inside`` of drivers' calls, and the round's ``turns`` and ``calls``.

    For as long as these two are as they were, nobody has gone on.
    """

    inside: list[Lane]
    turns: int
    calls: int


class Watcher:
    """Watches one round until it has come to its end, in a thread that is no lane's."""

    def __init__(
        self, round_: Round, backends: Backends, limit: float, interrupts: Interrupts, placed: Placed
    ) -> None:
        self._round = round_
        self._interrupts = interrupts
        self._backends = backends
        self._placed = placed
        self._limit = limit
        self._until = Clock.monotonic() + limit
        self._seen = -1
        self._tick = TICK

    def watch(self) -> None:
        """Return when the round has ended."""
        round_ = self._round
        while round_.ending is None:
            ACQUIRE(round_.bell, True, self._tick)
            if Clock.monotonic() > self._until:
                with round_.mutex:
                    round_.end("limit", said_of_late(round_.lanes, self._limit, self._placed))
            elif self._interrupts.has_come:
                with round_.mutex:
                    round_.end("limit", "interrupted")
            elif (look := self._look()) is not None:
                self._ask(look)

    def _look(self) -> Look | None:
        """Where nobody goes on but for what happens outside, or a call takes longer than a tick."""
        before, self._tick = self._tick, TICK
        round_ = self._round
        with round_.mutex:
            states = [lane.state for lane in round_.lanes]
            if round_.ending is not None or "running" in states:
                return None
            if "calling" in states:
                serial = sum(lane.serial for lane in round_.lanes)
                is_seen, self._seen = serial == self._seen, serial
                if not is_seen:
                    return None
                self._tick = min(2 * before, LONGEST_TICK)
            inside = [lane for lane in round_.lanes if lane.state in ("calling", "blocked")]
            return Look(inside, round_.turns, round_.calls)

    def _ask(self, look: Look) -> None:
        round_, inside = self._round, look.inside
        asked = [lane.backend for lane in inside if lane.backend is not None]
        try:
            answer = self._backends.blockers(asked) if asked else {}
        except Exception as error:  # noqa: BLE001 - of a server that is gone, whatever it raises
            with round_.mutex:
                round_.end("stuck", f"a server does not tell who waits: {error}")
            return
        victim = None
        with round_.mutex:
            if (
                round_.ending is None
                and (look.turns, look.calls) == (round_.turns, round_.calls)
                and all(_is_clear(lane, answer) for lane in inside)
            ):
                victim = self._settle(inside, answer)
        if victim is not None and victim.backend is not None:
            self._backends.cancel(victim.backend)

    def _settle(self, inside: Sequence[Lane], answer: Mapping[Backend, tuple[Backend, ...]]) -> Lane | None:
        """All stand still: note what became of them, and let the next one go on, unless a victim has to be made."""
        round_ = self._round
        for lane in inside:
            self._block(lane, answer.get(lane.backend, ()) if lane.backend is not None else ())
        for lane in round_.lanes:
            if lane.state == "back":
                self._wake(lane)
        round_.asked = round_.calls
        victim = self._victim()
        if victim is None and round_.are_idle():
            round_.go_on()
        return victim

    def _block(self, lane: Lane, by: tuple[Backend, ...]) -> None:
        if lane.state == "blocked" and (lane.by == by or not by):
            lane.by = by
            return
        lane.state, lane.by, lane.since, lane.is_noted = "blocked", by, self._round.turns, True
        workers = sorted({self._round.held[each].worker for each in by if each in self._round.held})
        what, place = lane.call.what, lane.call.place
        self._round.record.add(Step(lane.worker, "blocked", what, place, tuple(workers), in_server=True))

    def _wake(self, lane: Lane) -> None:
        if lane.is_victim:
            lane.state, lane.deed = "parked", Deed("woken")
        else:
            self._round.wake(lane, Deed("woken", lane.call.what, lane.call.place))

    def _victim(self) -> Lane | None:
        """Whose statement is to be ended, where servers' locks alone make a deadlock.

        The one that has waited longest: a server looks for deadlocks some time after a wait began.
        """
        round_ = self._round
        waits = {lane: round_.waits_for(lane) for lane in round_.lanes if lane.state == "blocked"}
        found = circle(waits)
        if not found:
            return None
        victim = min(found, key=lambda lane: lane.since)
        victim.is_victim = True
        round_.record.step(victim, Deed("victim", victim.call.what, victim.call.place))
        return victim


def _is_clear(lane: Lane, answer: Mapping[Backend, tuple[Backend, ...]]) -> bool:
    if lane.deafened() is not None:
        return True
    return lane.backend is not None and not lane.is_victim and bool(answer.get(lane.backend))
