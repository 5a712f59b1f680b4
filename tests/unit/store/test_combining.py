"""What several processes saw, combined in any order and by any road, is the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import get_args

from hypothesis import example, given, settings
from hypothesis import strategies as st

from dryfit.model.exchange import Exchange, Given
from dryfit.model.run import RunInfo
from dryfit.model.seam import Place, Seam
from dryfit.model.shape import Form, Shape, bounded, join_all
from dryfit.model.stand_in import (
    Answer,
    ClassFacts,
    Original,
    Replacement,
    Replayed,
    StandInCall,
    StandInFact,
)
from dryfit.model.structure import Parameter, ParameterKind
from dryfit.model.trace import (
    Argument,
    Behaviour,
    Dropped,
    Mutation,
    Observations,
    Skipped,
    Trace,
    TracedCrossing,
    Violation,
)
from dryfit.store.merge import merge
from dryfit.store.reader import load, load_observations
from dryfit.store.writer import RunWriter

INFO = RunInfo("one", "2026-01-31T12:00:00+00:00", 0.0, "3.11.7", "", 0)

few = st.sampled_from("abc")
texts = st.text(st.characters(), max_size=4)  # lone surrogates and NUL as well
places = st.builds(Place, few, st.integers(0, 3))
seams = st.builds(Seam, few, few, few)


def shapes() -> st.SearchStrategy[Shape]:
    def of(items: st.SearchStrategy[Shape]) -> st.SearchStrategy[Shape]:
        form = st.builds(
            Form,
            type=few,
            kind=st.sampled_from(["number", "mapping", "cut"]),
            formats=st.frozensets(few).map(tuple),
            low=st.none() | st.integers(-3, 3).map(float),
            high=st.none() | st.floats(-3, 3),
            fields=st.dictionaries(few, items, max_size=2).map(lambda found: tuple(found.items())),
        ).map(bounded)
        return st.lists(form, max_size=3).map(lambda forms: join_all(Shape((form,)) for form in forms))

    return of(of(st.just(Shape(()))))


@st.composite
def behaviours(draw: st.DrawFn) -> Behaviour:
    """The key stands for everything but the shapes, as the probe that observes makes it."""
    seam, site, outcome = draw(seams), draw(places), draw(st.sampled_from(["returned", "raised"]))
    types, stand_in, weak = (
        draw(st.lists(few, max_size=2)),
        draw(st.sampled_from(["", "Mock"])),
        draw(st.booleans()),
    )
    return Behaviour(
        key=hashlib.sha256(repr((seam, site, outcome, types, stand_in, weak)).encode()).hexdigest()[:16],
        seam=seam,
        site=site,
        effect="call",
        arguments=tuple(Argument(f"p{n}", type_, draw(shapes())) for n, type_ in enumerate(types)),
        outcome=outcome,
        result_type="int",
        result=draw(shapes()),
        stand_in=stand_in,
        weak=weak,
    )


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    nodes = draw(st.lists(st.tuples(few, st.integers(1, 2**40), st.floats(0, 1)), max_size=3))
    crossings = (TracedCrossing(n, n - 1, *node) for n, node in enumerate(nodes))
    outcome = draw(st.sampled_from(["passed", "failed", "cut off"]))
    return Trace(draw(texts), outcome, draw(st.floats(0, 2)), tuple(crossings))


kinds = st.sampled_from(["function", "coroutine", "generator", "async generator", "other"])
parameters = st.builds(Parameter, few, st.sampled_from(get_args(ParameterKind)), st.booleans(), few)
names = st.lists(few, max_size=2).map(tuple)
answers = st.builds(Answer, st.sampled_from(["returned", "raised"]), few, shapes(), names)
inputs = st.lists(st.tuples(few, few), max_size=2).map(tuple)
stand_in_facts: st.SearchStrategy[StandInFact] = st.one_of(
    st.builds(Original, texts, st.none() | st.lists(parameters, max_size=2).map(tuple), kinds, few),
    st.builds(Replacement, few, few, few, st.booleans(), texts),
    st.builds(StandInCall, seams, places, few, st.integers(0, 3), names, texts, st.booleans()),
    st.builds(ClassFacts, few, names, names, st.booleans()),
    st.builds(
        Replayed,
        *(seams, places, few, inputs, answers, answers, texts, texts, few),
        st.lists(answers, max_size=2).map(tuple),
    ),
)
incidents = st.one_of(
    st.builds(Dropped, seams, places, texts),
    st.builds(Mutation, seams, places, few, few, texts, few),
    st.builds(Violation, seams, places, few, few, texts, few, st.booleans(), few),
    stand_in_facts,
)
exchanges = st.builds(
    Exchange,
    *(few, few, st.just("GET"), few, st.sampled_from([200, 404]), texts),
    prepared=st.booleans(),
    after=st.lists(few, max_size=2).map(tuple),
    query=st.lists(st.tuples(few, texts), max_size=2).map(tuple),
    given=st.lists(st.builds(Given, few, few, texts | st.integers()), max_size=2).map(tuple),
    body=texts,
    answer=shapes(),
)
observations = st.builds(
    Observations,
    behaviours=st.lists(behaviours(), max_size=3).map(tuple),
    traces=st.lists(traces(), max_size=3).map(tuple),
    incidents=st.lists(incidents, max_size=2).map(tuple),
    skipped=st.lists(st.builds(Skipped, texts, texts), max_size=2).map(tuple),
    warnings=st.lists(texts, max_size=2).map(tuple),
    exchanges=st.lists(exchanges, max_size=2).map(tuple),
)


# No deadline: the time that an example takes says nothing on a busy machine.
law = settings(max_examples=25, deadline=None)


@law
@given(observations, observations)
def test_merge_is_commutative(one: Observations, other: Observations) -> None:
    assert merge(one, other) == merge(other, one)


@law
@given(observations, observations, observations)
def test_merge_is_associative(one: Observations, two: Observations, three: Observations) -> None:
    assert merge(merge(one, two), three) == merge(one, merge(two, three)) == merge(one, two, three)


@law
@given(observations)
def test_merge_is_idempotent(one: Observations) -> None:
    assert merge(one, one) == merge(merge(one)) == merge(one)


def test_every_fact_about_stand_ins_is_among_them() -> None:
    """A fact that is added to the model is to be combined here, too."""
    assert {Original, Replacement, StandInCall, ClassFacts, Replayed} == set(get_args(StandInFact))


@law
@given(st.lists(stand_in_facts, max_size=4), st.randoms())
def test_facts_about_stand_ins_are_told_once_in_one_order(
    facts: list[StandInFact], any_order: Random
) -> None:
    shuffled = [*facts, *facts]
    any_order.shuffle(shuffled)
    parts = [Observations(incidents=(fact,)) for fact in shuffled]
    merged = merge(*parts).incidents
    assert merged == merge(Observations(incidents=tuple(facts))).incidents
    assert set(merged) == set(facts)
    assert len(merged) == len(set(facts))


@contextmanager
def project() -> Iterator[Path]:
    with TemporaryDirectory() as directory:  # one an example, which tmp_path is not
        yield Path(directory)


@law
@given(st.lists(observations, max_size=3))
@example([Observations(traces=(Trace("t", "cut off", seconds, ()),)) for seconds in (1.0, 0.5)])
def test_a_file_holds_what_merge_gives(parts: list[Observations]) -> None:
    with project() as root, RunWriter.create(root, INFO) as writer:
        for part in parts:
            writer.append(part)
        assert writer.observations() == merge(*parts)


@law
@given(st.permutations(["gw0", "gw1", "gw2"]), st.lists(observations, min_size=3, max_size=3))
def test_workers_combine_in_any_order(order: list[str], parts: list[Observations]) -> None:
    with project() as root:
        with RunWriter.create(root, INFO) as controller:
            for name, part in zip(order, parts, strict=True):
                with RunWriter.create(root, INFO, worker=name) as worker:
                    worker.append(part)
            controller.combine()
        assert load_observations(root / ".dryfit/runs/one/run.sqlite") == merge(*parts)
        assert [path.name for path in (root / ".dryfit/runs/one").iterdir()] == ["run.sqlite"]


@law
@given(observations, observations)
def test_a_run_that_was_never_combined_reads_the_same(one: Observations, other: Observations) -> None:
    with project() as root:
        with RunWriter.create(root, INFO) as controller, RunWriter.create(root, INFO, worker="gw0") as worker:
            controller.append(one)
            worker.append(other)
        assert load(root / ".dryfit/runs/one/run.sqlite").observations == merge(one, other)


@law
@given(observations)
def test_what_a_worker_without_a_file_hands_over(part: Observations) -> None:
    with project() as root:
        (root / ".dryfit").write_text("a file where the directory should be")
        with RunWriter.create(root, INFO, worker="gw0") as worker, RunWriter.create(root, INFO) as controller:
            worker.append(part)
            controller.combine([worker.remains(), ""])
            assert controller.observations() == merge(part)
