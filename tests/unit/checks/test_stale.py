"""What an operation has read in memory, and goes on by after another one has written it."""

from __future__ import annotations

from dryfit.checks.stale import stale
from dryfit.model.interleaving import Step
from dryfit.model.seam import Place


def read(worker: int, what: str, line: int) -> Step:
    return Step(worker, "read", what, Place("desk.py", line))


def write(worker: int, what: str, line: int) -> Step:
    return Step(worker, "write", what, Place("desk.py", line))


RETURNED = Step(0, "returned")


def test_a_reading_that_another_operation_made_stale_and_what_was_written_by_it():
    steps = (read(0, "Desk.free", 7), write(1, "Desk.free", 9), write(0, "Desk.free", 9))
    found = stale(steps, ())

    assert found is not None
    assert found.said == (
        "operation 1 reads Desk.free at desk.py:7; operation 2 writes it at desk.py:9;"
        " operation 1 goes on by what it had read, and writes it at desk.py:9"
    )


def test_who_reads_again_or_writes_first_or_is_over_goes_by_nothing_stale():
    reads, writes = read(0, "Desk.free", 7), write(1, "Desk.free", 9)

    assert stale((reads, write(0, "Desk.free", 8), writes, RETURNED), ()) is None
    assert stale((reads, RETURNED, writes), ()) is None
    assert stale((reads, write(1, "Desk.taken", 9), RETURNED), ()) is None
    assert stale((reads, writes, read(0, "Desk.free", 8), RETURNED), ()) is not None


def test_an_item_belongs_to_what_holds_it():
    steps = (read(0, "Desk.waiting", 7), write(1, "Desk.waiting['ann']", 9), RETURNED)

    assert stale(steps, ()) is not None


def test_what_has_changed_in_the_end_comes_first_then_what_was_written_by_it():
    cached = (read(0, "CACHE['EUR']", 3), write(1, "CACHE['EUR']", 4), write(0, "CACHE['EUR']", 4))
    looked = (read(0, "Desk.free", 7), write(1, "Desk.free", 9))
    steps = (looked[0], cached[0], looked[1], *cached[1:])

    first, other = stale(steps, ()), stale(steps, {"desk.Desk.free"})
    assert first is not None
    assert other is not None
    assert (first.read, other.read) == (cached[0], looked[0])
