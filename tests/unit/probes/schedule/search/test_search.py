"""Nothing that any order leads to is missed, and what is said of how much was tried holds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_programs import Program, explore

from dryfit.model.interleaving import Choice, Footprint, Interleaving, Move
from dryfit.probes.schedule.bounded import Bounded
from dryfit.probes.schedule.exhaustive import Exhaustive
from dryfit.probes.schedule.priorities import Priorities
from dryfit.probes.schedule.search import search

VARIABLES = st.tuples(st.sampled_from(("read", "write")), st.sampled_from("xy"))
LOCKS = st.tuples(st.sampled_from(("lock", "release")), st.sampled_from("XY"))
WORKER = st.lists(VARIABLES | LOCKS, min_size=1, max_size=4).map(tuple)
WORKERS = st.lists(WORKER, min_size=2, max_size=3).map(tuple).filter(lambda them: sum(map(len, them)) <= 8)
PROGRAMS = st.builds(Program, WORKERS, st.booleans(), st.booleans())

LOST = (("read", "x"), ("write", "x"))
APART = Program(((("write", "x"),) * 6, (("write", "y"),) * 6))


@given(PROGRAMS)
@settings(max_examples=120, deadline=None)
def test_the_reduction_reaches_every_state_that_all_orders_reach(program):
    exhaustive = Exhaustive()

    runs = list(explore(program, exhaustive))

    assert {state for _, state in runs} == program.all_states()
    assert exhaustive.exhausted
    assert exhaustive.diverged == ""
    assert len(runs) <= exhaustive.at_least <= program.count()


@given(PROGRAMS, st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_a_search_with_room_is_complete_and_repeats_no_run(program, seed):
    searching = search(seed, 10_000)

    runs = list(explore(program, searching))

    assert {state for _, state in runs} == program.all_states()
    assert searching.exhausted
    assert len({interleaving.schedule for interleaving, _ in runs}) == len(runs)


@given(PROGRAMS)
@settings(max_examples=60, deadline=None)
def test_it_never_takes_fewer_runs_than_was_said_on_the_way(program):
    searching = search(1, 10_000)

    said = [searching.at_least for _ in explore(program, searching)]

    assert searching.exhausted
    assert max(said) <= len(said) == searching.at_least


@given(PROGRAMS)
@settings(max_examples=40, deadline=None)
def test_where_nothing_is_known_of_the_steps_every_order_is_tried_once(program):
    blind = Program(program.workers, program.attempts, told=False)

    assert len(list(explore(blind, Exhaustive()))) == blind.count()


def test_steps_that_touch_nothing_in_common_are_not_permuted():
    assert len(list(explore(APART, Exhaustive()))) == 1


def test_two_that_read_and_write_need_few_orders():
    runs = [interleaving.schedule for interleaving, _ in explore(Program((LOST, LOST)), Exhaustive())]

    assert runs[0] == (0, 0, 1, 1)
    assert (0, 1, 0, 1) in runs
    assert len(runs) <= 4


@pytest.mark.parametrize("bound", [0, 1, 2])
def test_a_bound_admits_all_orders_of_so_many_preemptions_and_no_other(bound):
    program = Program((LOST, LOST, LOST), told=False)

    tried = [interleaving for interleaving, _ in explore(program, Bounded(bound))]
    every = [interleaving for interleaving, _ in explore(program, Exhaustive())]

    assert {run.schedule for run in tried} == {run.schedule for run in every if run.preemptions <= bound}
    assert len({run.schedule for run in tried}) == len(tried)
    assert [run.preemptions for run in tried] == sorted(run.preemptions for run in tried)


def test_a_big_space_is_not_called_exhausted():
    program = Program((LOST * 10, LOST * 10), told=False)
    searching = search(1, 300)

    runs = [interleaving for interleaving, _ in explore(program, searching)]

    assert len(runs) == 300
    assert len({run.schedule for run in runs}) == 300
    assert not searching.exhausted
    assert searching.at_least > 300


def test_one_preemption_is_found_early_in_a_big_space():
    program = Program(((*LOST, *((("read", "y"),) * 20)),) * 2, told=False)

    runs = explore(program, search(1, 1000))

    serial = {
        program.run(lambda choice, first=first: first if first in choice.enabled else 1 - first)[1]
        for first in (0, 1)
    }
    found = next(number for number, (_, state) in enumerate(runs) if state not in serial)
    assert found < 80


def test_the_same_seed_gives_the_same_orders_and_another_one_others():
    program = Program((LOST * 10, LOST * 10), told=False)

    def schedules(seed):
        drawn = Priorities(seed)
        return [run.schedule for run, _ in (next(explore(program, drawn)) for _ in range(20))]

    assert schedules(1) == schedules(1)
    assert schedules(1) != schedules(2)


def test_priorities_find_an_order_of_three_steps():
    first = (("read", "y"),) * 5 + (("write", "x"), ("write", "z")) + (("read", "y"),) * 5
    second = (("read", "y"),) * 5 + (("read", "x"), ("read", "z")) + (("read", "y"),) * 5
    program = Program((first, second), told=False)
    drawn = Priorities(7)

    states = {next(explore(program, drawn))[1] for _ in range(200)}

    assert any(seen[1][5] is not None and seen[1][6] is None for _, seen, _ in states)
    assert not drawn.exhausted


class Fickle:
    """Three workers at first; from the second run on the second one is gone after the first choice."""

    def __init__(self) -> None:
        self.ran = 0

    def run(self, choose):
        self.ran += 1
        left, running, moves = [0, 0, 1, 1, 2], -1, []
        while left:
            enabled = tuple(sorted(set(left)))
            if self.ran > 1 and len(moves) == 1:
                enabled = tuple(worker for worker in enabled if worker != 1)
            choice = Choice(enabled, running)
            running = choose(choice)
            assert running in enabled
            left.remove(running)
            moves.append(Move(choice, running, Footprint(writes=frozenset("x"))))
        return Interleaving(tuple(moves), (), "completed"), None


@pytest.mark.parametrize("make", [Exhaustive, lambda: search(1, 1000)])
def test_a_program_that_does_not_repeat_itself_is_told(make):
    searching = make()

    runs = list(explore(Fickle(), searching))

    assert runs
    assert "after 1 choices" in searching.diverged
    assert not searching.exhausted
