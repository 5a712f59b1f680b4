"""Ways to choose that are known before the run: each worker to its end, a schedule that was seen, or no preemption."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

from dryfit.model.interleaving import Choice, Choose


def serial_orders(workers: int) -> tuple[tuple[int, ...], ...]:
    """All orders in which that many workers may run one after the other."""
    return tuple(permutations(range(workers)))


def serial(order: Sequence[int]) -> Choose:
    """Let each worker run to its end in this order.

    While one is blocked the next one goes on that can; it gives way again as soon as the earlier one is woken.
    """
    rank = {worker: position for position, worker in enumerate(order)}

    def choose(choice: Choice) -> int:
        return min(choice.enabled, key=lambda worker: (rank.get(worker, len(rank)), worker))

    return choose


def stay(choice: Choice) -> int:
    """Let the worker go on that went last, or the first that can: an order without preemptions."""
    return choice.running if choice.running in choice.enabled else choice.enabled[0]


def alternate(choice: Choice) -> int:
    """Let them go on in turn, so that all of them are under way at once."""
    return next((worker for worker in choice.enabled if worker > choice.running), choice.enabled[0])


class Follow:
    """Chooses as a schedule says, for a replay. It begins again by ``Follow(schedule)``: it is good for one run.

    Where the worker of the schedule cannot go on, ``stay`` decides in its place, and the schedule goes on with its next
    entry; ``departed`` says where this happened first. After the end of the schedule ``stay`` decides.
    """

    def __init__(self, schedule: Sequence[int]) -> None:
        self.departed = ""
        self._schedule = tuple(schedule)
        self._made = 0

    def __call__(self, choice: Choice) -> int:
        """The worker that the schedule names next."""
        made, self._made = self._made, self._made + 1
        if made >= len(self._schedule):
            return stay(choice)
        wanted = self._schedule[made]
        if wanted in choice.enabled:
            return wanted
        self.departed = self.departed or unlike(made, (wanted,), choice.enabled)
        return stay(choice)


class Repeatable:
    """Chooses as another way does, and the same once more where a run has to be made again: that one knows of one."""

    def __init__(self, choose: Choose) -> None:
        self._choose = choose
        self._made: list[int] = []
        self._at = 0

    def __call__(self, choice: Choice) -> int:
        """The worker that was chosen before, or another choice."""
        at, self._at = self._at, self._at + 1
        if at == len(self._made):
            self._made.append(self._choose(choice))
        return self._made[at] if self._made[at] in choice.enabled else stay(choice)

    def again(self) -> None:
        """The run that comes is the same."""
        self._at = 0


def follow(schedule: Sequence[int]) -> Follow:
    """A way to choose that follows a schedule; its ``departed`` says where it could not."""
    return Follow(schedule)


def unlike(made: int, wanted: Sequence[int], enabled: Sequence[int]) -> str:
    """Say that a run did not go as one before: after so many choices others could go on."""
    expected, found = (", ".join(map(str, workers)) for workers in (wanted, enabled))
    return f"after {made} choices, {expected} was to go on, but those that could were {found}"
