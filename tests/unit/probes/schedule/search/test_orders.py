"""Orders that are known before the run, and the smallest one that still shows something."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from small_programs import Program, explore

from dryfit.model.interleaving import Choice
from dryfit.probes.schedule.orders import alternate, follow, serial, serial_orders
from dryfit.probes.schedule.search import search
from dryfit.probes.schedule.smallest import shrink, weight

LOST = (("read", "x"), ("write", "x"))
NOISE = (("read", "y"),) * 4


def test_serial_orders_are_all_orders():
    assert serial_orders(2) == ((0, 1), (1, 0))
    assert len(set(serial_orders(4))) == 24


def test_each_worker_runs_to_its_end():
    program = Program((LOST, LOST, LOST))

    assert program.run(serial((2, 0, 1)))[0].schedule == (2, 2, 0, 0, 1, 1)


def test_a_blocked_worker_goes_on_as_soon_as_it_can():
    first = (("lock", "L"), ("read", "x"), ("release", "L"), ("read", "x"))
    program = Program((first, (("lock", "L"), ("release", "L"))), attempts=True)
    first_two = follow((0, 1))
    later = serial((1, 0))
    made = []

    def choose(choice):
        made.append(choice)
        return first_two(choice) if len(made) <= 2 else later(choice)

    assert program.run(choose)[0].schedule == (0, 1, 0, 0, 1, 1, 0)


def test_a_schedule_is_followed():
    program = Program((LOST, LOST))
    replay = follow((0, 1, 1, 0))

    assert program.run(replay)[0].schedule == (0, 1, 1, 0)
    assert replay.departed == ""


def test_a_schedule_that_cannot_be_followed_is_told():
    replay = follow((0, 2, 1))

    assert Program((LOST, LOST)).run(replay)[0].schedule == (0, 0, 1, 1)
    assert replay.departed == "after 1 choices, 2 was to go on, but those that could were 0, 1"


def smallest(run_again, found, shows):
    steps = shrink(found, shows, tries=1000)
    try:
        wanted = next(steps)
        while True:
            wanted = steps.send(run_again(wanted))
    except StopIteration as stop:
        return stop.value


@given(st.integers(0, 2**20), st.integers(2, 3))
@settings(max_examples=60, deadline=None)
def test_the_smallest_order_shows_what_was_found_with_one_preemption(seed, workers):
    program = Program(((*NOISE, *LOST, *NOISE),) * workers, told=False)
    serial_states = {program.run(serial(order))[1] for order in serial_orders(workers)}
    states = {}

    def judged(choose):
        run = program.judged(choose)
        states[run.interleaving.schedule] = program.run(follow(run.interleaving.schedule))[1]
        return run

    def shows(run):
        return states[run.interleaving.schedule] not in serial_states

    drawn = search(seed, 400)._drawn
    drawn.begin()
    drawn.ended(program.run(follow(()))[0])
    found = None
    for _ in range(20):
        drawn.begin()
        found = judged(drawn.choose)
        if shows(found):
            break
    assume(found is not None and shows(found))

    least = smallest(judged, found, shows)

    assert shows(least)
    assert weight(least.interleaving) <= weight(found.interleaving)
    assert least.interleaving.preemptions == 1
    assert program.run(follow(least.interleaving.schedule))[0] == least.interleaving


def test_what_every_order_shows_needs_no_switch():
    program = Program((LOST, LOST))
    found = next(run for run, _ in explore(program, search(1, 100)) if run.preemptions)

    least = smallest(program.judged, program.judged(follow(found.schedule)), lambda run: True)

    assert least.interleaving.schedule == (0, 0, 1, 1)


def test_in_turn_everybody_goes_on_who_can():
    assert [alternate(Choice((0, 1), last)) for last in (-1, 0, 1)] == [0, 1, 0]
    assert alternate(Choice((1,), 1)) == 1
