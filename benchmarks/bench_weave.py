"""What a woven call costs: inside a component, across a seam, and in a loop of a million, beside an OpenTelemetry span.

    python benchmarks/bench_weave.py [--rounds 7]

Everything is measured in this one process, in turns, in CPU time of its own (``time.process_time``), so that a busy
machine slows all of them alike; of the rounds the best one counts. The loop's callee does what a callee does: it
multiplies and rounds money. Memory is what ``tracemalloc`` counts after 100,000 crossings and after the rest.
"""

from __future__ import annotations

import argparse
import importlib
import platform
import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from types import ModuleType

from dryfit.model.crossing import Crossing
from dryfit.model.outcome import Outcome
from dryfit.model.probe import Probe
from dryfit.probes import Observer
from dryfit.weave import Weave

CALLS = 100_000
LOOP = 1_000_000

CALLEE = """
from decimal import Decimal

CENT = Decimal("0.01")

def leaf(order, amount, currency):
    return amount

def inside(calls):
    for _ in range(calls):
        leaf(7, 19.99, "EUR")

def total(price, quantity):
    return (price * quantity * Decimal("1.19")).quantize(CENT)
"""

CALLER = """
from decimal import Decimal

import callee

def across(calls):
    leaf = callee.leaf
    for _ in range(calls):
        leaf(7, 19.99, "EUR")

def spans(calls, tracer):
    leaf = callee.leaf
    for _ in range(calls):
        with tracer.start_as_current_span("leaf"):
            leaf(7, 19.99, "EUR")

def loop(calls):
    total, price = callee.total, Decimal("199.99")
    for _ in range(calls):
        total(price, 2)
"""


class Empty:
    """A probe that does nothing."""

    def before(self, crossing: Crossing) -> None:
        """Let the call go on."""

    def after(self, crossing: Crossing, outcome: Outcome) -> Outcome:
        """Leave the outcome."""
        return outcome


@dataclass(frozen=True, slots=True)
class Program:
    """Two components, and the folder that holds them."""

    folder: Path
    caller: ModuleType
    callee: ModuleType

    @contextmanager
    def woven(self, *probes: Probe) -> Iterator[Weave]:
        """Weave them for a while."""
        names = ("caller", "callee")
        weave = Weave(
            self.folder,
            {str(self.folder / f"{name}.py"): name for name in names},
            {name: name for name in names},
        )
        weave.put_in(*probes)
        weave.begin_test("bench")
        try:
            yield weave
        finally:
            weave.take_out()
            assert weave.failures == ()


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--rounds", type=int, default=7)
    rounds = arguments.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        report(program_in(Path(folder).resolve()), rounds)


def program_in(folder: Path) -> Program:
    """Write the two components and import them."""
    (folder / "callee.py").write_text(CALLEE)
    (folder / "caller.py").write_text(CALLER)
    sys.path.insert(0, str(folder))
    return Program(folder, importlib.import_module("caller"), importlib.import_module("callee"))


def report(program: Program, rounds: int) -> None:
    """Measure everything in turns, and print the table."""
    ways = {
        "bare call": lambda: microseconds(program.callee.inside, CALLS),
        "call inside a component, woven": lambda: watched(program, program.callee.inside),
        "crossing, no probe": lambda: watched(program, program.caller.across),
        "crossing, empty probe": lambda: watched(program, program.caller.across, Empty()),
        "crossing, observed": lambda: watched(program, program.caller.across, observer()),
        "loop of money, bare": lambda: microseconds(program.caller.loop, CALLS),
        "loop of money, observed": lambda: watched(program, program.caller.loop, observer()),
    }
    span = span_maker()
    if span is not None:
        ways["OpenTelemetry span"] = lambda: microseconds(
            lambda calls: program.caller.spans(calls, span), CALLS
        )
    best = {name: float("inf") for name in ways}
    for _ in range(rounds):
        for name, measure in ways.items():
            best[name] = min(best[name], measure())
    print(f"Python {platform.python_version()}, best of {rounds} rounds of {CALLS:,} calls, CPU time\n")
    print(f"{'':32} {'µs a call':>10} {'more than bare':>15} {'of a span':>10}")
    bare, peer = best["bare call"], best.get("OpenTelemetry span")
    for name, value in best.items():
        more = value - (best["loop of money, bare"] if name.startswith("loop") else bare)
        share = f"{more / (peer - bare):>10.3f}" if peer is not None else f"{'':>10}"
        print(f"{name:32} {value:>10.3f} {more:>15.3f} {share}")
    if peer is None:
        print("\nopentelemetry-sdk is not installed: no span to compare with")
    report_loop(program)


def report_loop(program: Program) -> None:
    """A million crossings: how much slower, and whether memory grows with them."""
    bare = microseconds(program.caller.loop, LOOP)
    with program.woven(observer()):
        slow = microseconds(program.caller.loop, LOOP)
    with program.woven(observer()):
        tracemalloc.start()
        program.caller.loop(CALLS)
        early = tracemalloc.get_traced_memory()[0]
        program.caller.loop(LOOP - CALLS)
        late = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
    growth = (late - early) / 1024
    print(
        f"\n{LOOP:,} crossings: {slow / bare:.2f} × bare; memory grew by {growth:.1f} KiB after the first tenth"
    )


def observer() -> Observer:
    """A fresh one, which knows nothing yet."""
    return Observer(lambda code: None, lambda file: None)


def watched(program: Program, run: Callable[[int], object], *probes: Probe) -> float:
    """Measure with the program woven, once everything has been seen a few times."""
    with program.woven(*probes):
        run(1000)
        return microseconds(run, CALLS)


def microseconds(run: Callable[[int], object], calls: int) -> float:
    """CPU time of one call."""
    begun = process_time()
    run(calls)
    return (process_time() - begun) / calls * 1e6


def span_maker() -> object | None:
    """A tracer whose spans are recorded and go nowhere."""
    try:
        from opentelemetry.sdk.trace import TracerProvider
    except ImportError:
        return None
    return TracerProvider().get_tracer("bench")


if __name__ == "__main__":
    main()
