"""What is said of operations that run at once, and of how many of their interleavings were tried."""

from __future__ import annotations

from dryfit.model.interleaving import Explored, Operation, Overlap
from dryfit.model.lanes import PARTLY, short_test
from dryfit.model.trace import Skipped

EXHAUSTED, BUDGET_HIT = "exhausted", "budget hit"


def promises(overlap: Overlap) -> bool:
    """Whether the operations say themselves what has to hold: no serial order is asked."""
    return overlap.operations[0].kind == "test"


def named(overlap: Overlap) -> str:
    """The operations that run at once, in a clause."""
    names = [_in_its_test(each) for each in overlap.operations]
    if len(set(names)) == 1:
        what = "copies" if overlap.test.endswith(f"::{names[0]}") else "calls"
        return f"{_number(len(names))} {what} of {names[0]} at once"
    return f"{', '.join(names[:-1])} and {names[-1]} at once"


def _in_its_test(operation: Operation) -> str:
    return f"{operation.name} in {short_test(operation.test)}" if operation.test else operation.name


def _number(count: int) -> str:
    return {2: "two", 3: "three", 4: "four"}.get(count, str(count))


def in_test(overlap: Overlap) -> str:
    """The operations, and the test from which they are taken."""
    said = named(overlap)
    return said if overlap.others or promises(overlap) else f"{said}, in {short_test(overlap.test)}"


def explored_said(explored: Explored) -> str:
    """Whether everything was tried, or how much of it."""
    if explored.overlap.schedule:
        return "the order of the finding alone"
    if promises(explored.overlap) and explored.others:
        return f"stopped at the first finding, after {explored.tried} of at least {explored.at_least} interleavings"
    if explored.exhausted:
        return f"{EXHAUSTED}: all of {explored.tried} interleavings"
    return f"{BUDGET_HIT} after {explored.tried} of at least {explored.at_least} interleavings"


def explored_in_part(explored: Explored) -> Skipped | None:
    """How much was tried of what has shown nothing so far, and how to have more of it tried; ``None`` for all."""
    if explored.exhausted or explored.void or explored.others:
        return None
    return Skipped(
        in_test(explored.overlap),
        f"{PARTLY}: {explored_said(explored)}, which came out well; to try more of them {_more_tried(explored)}",
    )


def _more_tried(explored: Explored) -> str:
    """How to have more of them tried: there are two budgets, and one was used up."""
    own = explored.overlap.budget
    if own > explored.tried:
        return "give --budget more time"
    if promises(explored.overlap):
        return f"give budget={2 * (own or explored.at_least)} to its mark"
    return f"give budget={2 * explored.at_least} to interleave() in a test that runs the same operations"
