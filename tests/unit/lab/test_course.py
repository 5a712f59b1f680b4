"""How the trials of one test are kept apart, on a worker that is made up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dryfit.lab.course import Baselines, Course, baselines
from dryfit.lab.likeness import difference
from dryfit.model.seam import Place, Seam
from dryfit.model.trace import Skipped
from dryfit.model.trial import Crossed, Experiment, Fault, Point, Trial, TrialOutcome

TEST = "test_basket.py::test_buy"
SEAM = Seam("basket", "stock", "stock.take")


def point(nth: int = 1) -> Point:
    return Point(SEAM, Place("basket.py", 4), nth)


def experiment(number: int) -> Experiment:
    return Experiment(TEST, point(number), "before", Fault("plain", "RuntimeError"))


def baseline(*, calls: int = 1, outcome: TrialOutcome = "passed", failure: str = "") -> Trial:
    crossings = tuple(
        Crossed(each, -1, point(each + 1), "call", "returned", "builtins.int") for each in range(calls)
    )
    return Trial(TEST, None, outcome, 0.01, crossings=crossings, failure=failure)


class MadeUp:
    """A worker whose runner remembers what ran in it; ``leaks`` change later baselines, ``kills`` end it."""

    def __init__(self, *, leaks: Sequence[int] = (), kills: Callable[[int, Sequence[int]], bool]) -> None:
        self.leaks = {experiment(number) for number in leaks}
        self.kills = kills
        self.ran: list[list[Experiment | None]] = []
        self.has_runner = False
        self.settled: set[str] = set()

    def trial(self, test: str, wanted: Experiment | None, limit: float, *, brief: bool = False) -> Trial:
        if not self.has_runner:
            self.ran.append([])
            self.has_runner = True
        own = self.ran[-1]
        before = [each.point.nth for each in own if each is not None]
        own.append(wanted)
        if wanted is None:
            return baseline(calls=2 if self.leaks.intersection(own) else 1)
        if self.kills(wanted.point.nth, before):
            self.renew()
            return Trial(test, wanted, "hang", limit, fired=True)
        return Trial(test, wanted, "failed", 0.01, fired=True)

    def renew(self) -> None:
        self.has_runner = False
        self.settled.clear()


def never(number: int, before: Sequence[int]) -> bool:
    return False


def course_of(worker: MadeUp, *, is_over: Callable[[], bool] = lambda: False) -> Course:
    return Course(worker, Baselines(baseline(), baseline()), limit=1.0, is_over=is_over)


def outcomes(course: Course) -> dict[int, tuple[str, str]]:
    return {each.point.nth: (trial.outcome, trial.void) for each, trial in course.trials.items()}


def test_all_trials_share_a_runner_where_nothing_leaks() -> None:
    worker = MadeUp(kills=never)
    course = course_of(worker)
    course.run([experiment(1), experiment(2), experiment(3)])
    assert worker.ran == [[None, experiment(1), experiment(2), experiment(3), None]]
    assert outcomes(course) == dict.fromkeys((1, 2, 3), ("failed", ""))


def test_trials_after_which_the_baseline_differs_are_run_again_each_right_after_a_baseline() -> None:
    worker = MadeUp(leaks=[3], kills=never)
    course = course_of(worker)
    course.run([experiment(number) for number in (1, 2, 3, 4)])
    assert worker.ran == [
        [None, experiment(1), experiment(2), experiment(3), experiment(4), None],
        [None, experiment(2), None, experiment(3), None],
        [None, experiment(4), None],
    ]
    assert outcomes(course) == dict.fromkeys((1, 2, 3, 4), ("failed", ""))


def settled_by_its_baselines(worker: MadeUp) -> MadeUp:
    assert isinstance(baselines(worker, TEST), Baselines)
    return worker


def test_the_baseline_is_not_run_again_before_trials_in_the_runner_that_it_ran_in() -> None:
    worker = settled_by_its_baselines(MadeUp(kills=never))
    course = course_of(worker)
    course.run([experiment(1)])
    course.run([experiment(2)])
    assert worker.ran == [[None, None, experiment(1), None, experiment(2), None]]


def test_where_others_may_have_come_in_between_the_first_trial_is_no_surer_than_the_rest() -> None:
    worker = settled_by_its_baselines(MadeUp(leaks=[2], kills=never))
    course = course_of(worker)
    course.run([experiment(1), experiment(2)])
    assert worker.ran[1:] == [[None, experiment(1), None, experiment(2), None]]
    assert outcomes(course) == dict.fromkeys((1, 2), ("failed", ""))


def test_a_hang_that_another_test_may_have_caused_does_not_count() -> None:
    worker = settled_by_its_baselines(MadeUp(kills=lambda number, before: len(worker.ran) == 1))
    course = course_of(worker)
    course.run([experiment(1)])
    assert outcomes(course) == {1: ("failed", "")}


def test_where_time_is_up_trials_that_may_have_disturbed_each_other_are_void() -> None:
    worker = MadeUp(leaks=[2], kills=never)
    course = course_of(worker, is_over=lambda: len(worker.ran) > 0 and experiment(3) in worker.ran[0])
    course.run([experiment(1), experiment(2), experiment(3), experiment(4)])
    assert list(outcomes(course)) == [1, 2, 3]
    assert outcomes(course)[1] == ("failed", "")
    assert "state leaked between trials: after them 1 crossings came only" in outcomes(course)[2][1]


def test_a_hang_right_after_a_baseline_counts() -> None:
    worker = MadeUp(kills=lambda number, before: number == 1)
    course = course_of(worker)
    course.run([experiment(1), experiment(2)])
    assert worker.ran == [[None, experiment(1)], [None, experiment(2), None]]
    assert outcomes(course) == {1: ("hang", ""), 2: ("failed", "")}


def test_a_hang_that_an_earlier_trial_has_caused_does_not_count() -> None:
    worker = MadeUp(kills=lambda number, before: number == 2 and 1 in before)
    course = course_of(worker)
    course.run([experiment(1), experiment(2), experiment(3)])
    assert outcomes(course) == dict.fromkeys((1, 2, 3), ("failed", ""))


def test_a_first_trial_right_after_a_baseline_counts_though_a_later_one_ends_its_runner() -> None:
    worker = MadeUp(kills=lambda number, before: number == 3)
    course = course_of(worker)
    course.run([experiment(1), experiment(2), experiment(3)])
    assert worker.ran == [
        [None, experiment(1), experiment(2), experiment(3)],
        [None, experiment(3)],
        [None, experiment(2), None],
    ]
    assert outcomes(course) == {1: ("failed", ""), 2: ("failed", ""), 3: ("hang", "")}


def test_a_test_that_is_no_more_as_it_was_gets_no_verdict() -> None:
    worker = MadeUp(kills=never)
    course = Course(worker, Baselines(baseline(calls=3), baseline(calls=3)), limit=1.0, is_over=lambda: False)
    course.run([experiment(1)])
    assert outcomes(course)[1][1].startswith("not repeatable any more: 2 crossings were missing")


def test_the_first_of_three_baselines_may_differ() -> None:
    found = baselines(Answering(baseline(calls=2), baseline(), baseline()), TEST)
    assert found == Baselines(baseline(), baseline())


def test_baselines_that_go_on_to_differ_are_not_repeatable() -> None:
    found = baselines(Answering(*(baseline(calls=calls) for calls in (1, 2, 1))), TEST)
    assert found == Skipped(
        TEST,
        "not repeatable: 1 crossings were missing in the second run:"
        " basket → stock.take at basket.py:4 (call 2) returned",
    )


def test_a_baseline_that_fails_is_skipped_with_its_reason() -> None:
    found = baselines(Answering(baseline(outcome="failed", failure="AssertionError: 1 == 2")), TEST)
    assert found == Skipped(TEST, "its baseline is failed: AssertionError: 1 == 2")


def test_another_outcome_is_a_difference() -> None:
    told = difference(baseline(), baseline(outcome="error", failure="OSError: no"))
    assert told == "its outcome was passed first, and then error (OSError: no)"


class Answering:
    """A worker that gives these trials one after the other."""

    has_runner = True

    def __init__(self, *trials: Trial) -> None:
        self.settled: set[str] = set()
        self._trials = iter(trials)

    def trial(self, test: str, wanted: Experiment | None, limit: float, *, brief: bool = False) -> Trial:
        return next(self._trials)

    def renew(self) -> None:
        raise AssertionError("nobody asks for another runner")
