"""Which real inputs are recorded, and when they tell nothing of a fake."""

from __future__ import annotations

import pytest

from dryfit.model.crossing import Callee, CalleeKind, Crossing, Site
from dryfit.model.outcome import Outcome, Raised, Returned
from dryfit.model.seam import DRIVER, Effect, Place
from dryfit.probes.recorder import MOST_INPUTS, MOST_LOOKED_AT, Recorder

SITE = Site("till", None, 0, Place("till.py", 3))
DRIVING = Crossing(Callee(DRIVER, DRIVER, ()), DRIVER, SITE, (), None, "a test")
PRICE = "store.price"


class Stage:
    """Crossings, one after another or one in another."""

    def __init__(self) -> None:
        self.recorder = Recorder()
        self.inside = DRIVING

    def begin(
        self, *values: object, name: str = PRICE, kind: CalleeKind = "function", effect: Effect = "call"
    ) -> Crossing:
        callee = Callee("store", name, tuple("abcdef"[: len(values)]), kind, effect)
        crossing = Crossing(callee, "till", SITE, values, self.inside, "a test")
        self.recorder.before(crossing)
        self.inside = crossing
        return crossing

    def end(self, outcome: Outcome) -> None:
        crossing = self.inside
        assert self.recorder.after(crossing, outcome) is outcome
        assert crossing.parent is not None
        self.inside = crossing.parent

    def call(self, *values: object, gives: object = 3) -> None:
        self.begin(*values)
        self.end(Raised(gives) if isinstance(gives, BaseException) else Returned(gives))

    @property
    def recorded(self) -> list[tuple[dict[str, object], str]]:
        return [(each.values, each.answer.type) for each in self.recorder.inputs(PRICE)]


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_inputs_are_kept_with_what_came_of_them(stage: Stage) -> None:
    skus = ["tea"]
    stage.call(skus, 1)
    stage.call("rum", 2, gives=KeyError("rum"))
    skus.append("oil")
    assert stage.recorded == [({"a": ["tea"], "b": 1}, "int"), ({"a": "rum", "b": 2}, "KeyError")]
    assert stage.recorder.hindrance(PRICE) == ""


def test_only_distinct_inputs_are_kept_up_to_a_bound(stage: Stage) -> None:
    for number in (0, 0, True, *range(MOST_INPUTS)):
        stage.call(number)
    assert len(stage.recorded) == MOST_INPUTS
    assert [values["a"] for values, _ in stage.recorded][:3] == [0, True, 1]


def test_after_many_crossings_no_more_are_looked_at(stage: Stage) -> None:
    for _ in range(MOST_LOOKED_AT):
        stage.call("tea")
    stage.call("tea", gives=4)
    assert stage.recorder.hindrance(PRICE) == ""


def test_the_same_input_has_to_have_one_outcome(stage: Stage) -> None:
    stage.call("tea")
    stage.call("tea", gives=4)
    assert "different outcomes" in stage.recorder.hindrance(PRICE)


def test_arguments_that_change(stage: Stage) -> None:
    skus = ["b", "a"]
    stage.begin(skus)
    skus.sort()
    stage.end(Returned(None))
    assert "changes its arguments" in stage.recorder.hindrance(PRICE)


@pytest.mark.parametrize("effect", ["write", "send"])
def test_an_effect_counts_for_all_that_is_in_progress(stage: Stage, effect: Effect) -> None:
    stage.begin("tea")
    stage.begin("tea", name="store.inner")
    stage.begin("INSERT", name="db.execute", kind="library", effect=effect)
    for _ in range(3):
        stage.end(Returned(1))
    for name in (PRICE, "store.inner"):
        assert stage.recorder.hindrance(name) == "the real one has an effect: db.execute"


def test_a_read_is_no_effect(stage: Stage) -> None:
    stage.begin("tea")
    stage.begin("SELECT", name="db.execute", kind="library", effect="read")
    stage.end(Returned(1))
    stage.end(Returned(1))
    assert stage.recorder.hindrance(PRICE) == ""


def test_what_rests_on_a_stand_in_is_not_the_real_ones(stage: Stage) -> None:
    stage.begin("tea")
    stage.begin("tea", name="rates.of", kind="stand-in")
    stage.end(Returned(1))
    stage.end(Returned(1))
    assert stage.recorded == []
    stage.call("tea")
    assert len(stage.recorded) == 1


def test_what_a_fake_asks_of_the_real_one_is_not_recorded(stage: Stage) -> None:
    stage.begin("tea", name="store.FakeStore.price", kind="stand-in")
    stage.call("tea")
    stage.end(Returned(1))
    assert stage.recorded == []
    assert stage.recorder.hindrance(PRICE).startswith("no input of the real one could be recorded")


def test_what_ends_the_program_is_no_outcome(stage: Stage) -> None:
    stage.call("tea", gives=SystemExit())
    assert stage.recorded == []


def test_what_cannot_be_copied_is_the_reason(stage: Stage) -> None:
    stage.call(object())
    assert stage.recorder.hindrance(PRICE) == (
        "no input of the real one could be recorded: it got a value of type object"
    )
    assert "was not seen" in stage.recorder.hindrance("store.other")
