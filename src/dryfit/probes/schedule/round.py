"""One interleaving while it is made, as the threads see it that take turns."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeVar

from dryfit.model.interleaving import ANYTHING, Backends, Choose, Footprint, Step
from dryfit.model.outcome import Outcome, Returned
from dryfit.probes.schedule.broken_off import BrokenOff, broken_off
from dryfit.probes.schedule.lane import ACQUIRE, RELEASE, Deed, Lane, Wait
from dryfit.probes.schedule.mutex import Mutex
from dryfit.probes.schedule.order import Order
from dryfit.probes.schedule.victim import deadlock_error

__tracebackhide__ = True  # pytest leaves the frames of this module out of its tracebacks

Result = TypeVar("Result")
Touched = Callable[[bool], Footprint]
"""Asked right after a call, while nobody else goes on: what it touched, by whether it failed."""


class Round(Order):
    """Hands the turn from lane to lane: the one that stops makes the next choice itself.

    Only where a server has to be asked who waits is this left to the ``Watcher``. ``asked`` is the number of ``calls``
    when the servers were asked last. ``are_idle`` says that no thread but the lanes' is about to do anything,
    ``handing`` is what it touches that one thread of an operation hands on to another.
    """

    def __init__(
        self,
        backends: Backends,
        choose: Choose,
        are_idle: Callable[[], bool],
        relent: Callable[[], bool],
        handing: Footprint = ANYTHING,
    ) -> None:
        super().__init__(choose, relent)
        self.handing = handing
        self.mutex = Mutex()
        self.asked = 0
        self.are_idle = are_idle
        self._backends = backends

    def park(self, lane: Lane, deed: Deed) -> None:
        """Stop before a deed, until this lane is chosen."""
        lane.is_inside = True
        with self.mutex:
            lane.state, lane.deed = "parked", deed
            if deed.kind == "resumed":
                self.record.add(Step(lane.worker, "await", deed.what, deed.place))
            is_mine = self._pass_on(lane)
        self._rest(lane, is_mine)

    def wait(self, lane: Lane, wait: Wait) -> bool:
        """Stop until the wait is over; false where it is given up instead."""
        lane.is_inside = True
        with self.mutex:
            lane.state, lane.wait, lane.gave_up = "waiting", wait, False
            lane.since, lane.is_noted = self.turns, False
            if wait.is_own or any(other.worker != lane.worker for other in self.waits_for(lane)):
                self.note_wait(lane)
            is_mine = self._pass_on(lane)
        self._rest(lane, is_mine)
        if lane.is_calling:
            self._go_back_in(lane)
        return not lane.gave_up

    def call(
        self,
        lane: Lane,
        connection: object,
        deed: Deed,
        do: Callable[[], Result],
        touched: Touched | None = None,
    ) -> Result:
        """Stop before a driver call, do it, and stop again where it had to wait for others."""
        if self.ending is not None and deed.kind == "rollback":
            return do()  # a program that cleans up after itself
        self.park(lane, deed)
        return self.within(lane, connection, deed, do, touched)

    def within(
        self,
        lane: Lane,
        connection: object,
        deed: Deed,
        do: Callable[[], Result],
        touched: Touched | None = None,
    ) -> Result:
        """Do a driver call, and stop after it where it had to wait for others.

        ``touched`` tells afterwards what it touched, by whether it failed.
        """
        began = self.record.moves - 1
        self._go_in(lane, connection, deed)
        try:
            result = do()
        except BaseException as error:
            self._tell(lane, began, self._come_back(lane), touched, failed=True)
            if lane.is_victim:
                raise self.deadlock_of(lane, error) from None
            raise
        self._tell(lane, began, self._come_back(lane), touched, failed=False)
        return result

    def _tell(self, lane: Lane, began: int, ended: int, touched: Touched | None, *, failed: bool) -> None:
        """Write down what a call touched: in the move in which it began, that in which it ended, and the one after.

        Until then nothing is known of it, so that a call which does not come back may touch anything.
        """
        if touched is None:
            return
        lane.is_inside = True
        try:
            footprint = touched(failed)
            with self.mutex:
                self.record.tell(footprint, began)
                if ended != began:  # it has waited: it did the rest while another's move was under way
                    self.record.touch(footprint, ended)
                    self.record.tell(footprint, self.record.moves - 1)
        finally:
            lane.is_inside = False

    def hire(self, worker: int) -> Lane:
        """A lane for another thread of an operation, which may go on from now; there is none when the round is over."""
        lane = self.lane_for(worker)
        self.join_in(lane)
        return lane

    def lane_for(self, worker: int) -> Lane:
        """The same, for a thread that has to be made first."""
        lane = Lane(worker, len(self.lanes))
        lane.deed = Deed("began", "thread", footprint=self.handing, is_passed_on=True)
        lane.skipped = max(each.skipped for each in self.lanes if each.worker == worker)
        return lane

    def join_in(self, lane: Lane) -> None:
        """Another thread of an operation may go on from now."""
        with self.mutex:
            if self.ending is None:
                self.lanes.append(lane)
                return
        RELEASE(lane.gate)  # it ends at once
        raise BrokenOff

    def refuse(self, lane: Lane, said: str) -> NoReturn:
        """End the interleaving for something that a lane is about to do, by which it could not take turns any more."""
        with self.mutex:
            self.end("stuck", said, lane)
        self.tell_of_end(lane)

    @staticmethod
    def tell_of_end(lane: Lane) -> NoReturn:
        """End what a lane does, for the round is over."""
        lane.is_told = True
        raise broken_off(is_in_loop=lane.is_in_loop)

    def ask_again(self) -> None:
        """What servers have said of who waits may be different now."""
        with self.mutex:
            self.calls += 1

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
        self._go_back_in(lane)

    def _hold(self, lane: Lane, connection: object) -> None:
        lane.is_inside = True
        with self.mutex:
            try:
                lane.backend = self._backends.backend(connection)
            except Exception as error:  # noqa: BLE001 - the program is to see nothing of it
                self.fail(error, lane)
            if lane.backend is not None:
                self.held[lane.backend] = lane
        lane.is_inside = False

    def _go_back_in(self, lane: Lane) -> None:
        lane.is_inside = True
        with self.mutex:
            lane.state = "calling"
            lane.serial += 1
        lane.is_inside = False

    def _come_back(self, lane: Lane) -> int:
        """Stop where it had to wait; gives the move in which it came back."""
        lane.is_inside = True
        with self.mutex:
            ended = self.record.moves - 1
            self.calls += 1
            lane.is_calling = False
            goes_on = lane.state == "calling" or self.ending is not None
            lane.state = "running" if goes_on else "back"
            if not goes_on:
                self.ring()
        self._rest(lane, goes_on)
        return ended

    def _rest(self, lane: Lane, is_mine: bool) -> None:
        if not is_mine:
            ACQUIRE(lane.gate)
        lane.is_inside = False
        if self.ending is not None:
            self.tell_of_end(lane)

    def _pass_on(self, lane: Lane) -> bool:
        """Let the next one go on; true where that is this very lane."""
        if self.ending is not None:
            self.ring()
            return True
        try:
            if self._has_to_ask() or not self.are_idle():
                self.ring()
                return False
            return self.go_on(lane)
        except Exception as error:  # noqa: BLE001 - the program is to see nothing of it
            self.fail(error, lane)
            return True

    def _has_to_ask(self) -> bool:
        return self.calls != self.asked and any(each.state in ("blocked", "back") for each in self.lanes)


def _ended(outcome: Outcome) -> Deed:
    if isinstance(outcome, Returned):
        return Deed("returned")
    return Deed("raised", type(outcome.exception).__qualname__)
