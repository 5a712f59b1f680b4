"""What one crossing costs the observing probe: `before` and `after` together, in the steady state.

    python benchmarks/bench_observe.py

Prints nanoseconds for an ordinary crossing (three arguments, known types, not looked at), less an empty call of the
same loop, and how often that is the cost of a bare call of a Python function with three arguments.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from itertools import repeat
from time import perf_counter_ns

from dryfit.model.crossing import Callee, Crossing, Site
from dryfit.model.outcome import Returned
from dryfit.model.seam import DRIVER, Place
from dryfit.probes import Observer

CALLS = 200_000
ROUNDS = 7


def crossings() -> tuple[Crossing, Callable[[], Crossing]]:
    """An entry crossing of a test, and a maker of crossings below it."""
    driver = Crossing(Callee(DRIVER, DRIVER, ()), DRIVER, Site(None, None, 0, Place("", 0)), (), None, "test")
    site = Site("order", None, 0, Place("order.py", 42, "checkout"))
    callee = Callee("payment", "payment.pay", ("order", "amount", "currency"))
    entry = Crossing(Callee("order", "order.checkout", ()), DRIVER, driver.site, (), driver, "test")
    return entry, lambda: Crossing(callee, "order", site, (7, 19.99, "EUR"), entry, "test")


def nanoseconds(call: Callable[[], object]) -> float:
    """The best of several rounds, for one call."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = perf_counter_ns()
        for _ in repeat(None, CALLS):
            call()
        best = min(best, (perf_counter_ns() - begun) / CALLS)
    return best


def main() -> None:
    """Measure and print."""
    observer = Observer(lambda code: None, lambda file: None)
    entry, make = crossings()
    observer.before(entry)
    crossing, outcome = make(), Returned(True)
    before, after = observer.before, observer.after

    def observed() -> None:
        before(crossing)
        after(crossing, outcome)

    def bare(order: int, amount: float, currency: str) -> None:
        return None

    for _ in range(64):
        observed()
    empty = nanoseconds(lambda: None)
    cost = nanoseconds(observed) - empty
    call = nanoseconds(lambda: bare(7, 19.99, "EUR")) - empty
    print(
        f"CPython {platform.python_version()}: {cost:.0f} ns a crossing observed, {cost / call:.0f} bare calls"
    )


if __name__ == "__main__":
    main()
