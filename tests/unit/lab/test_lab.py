"""Trials of real suites: which tests there are trials of, when they count, and how a lab ends."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from dryfit.lab.instruments import STANDARD
from dryfit.lab.lab import Lab
from dryfit.lab.remote import RemoteWorker
from dryfit.lab.result import LabResult, Progress
from dryfit.model.errors import LabError
from dryfit.model.interleaving import Operation, Overlap
from dryfit.model.trial import Experiment, Fault, Trial

BASKET = {
    "stock.py": """
        left = {"tea": 5}
        reserved = []

        def take(product):
            left[product] -= 1
            return left[product]
    """,
    "basket.py": """
        import stock

        def buy(product):
            return stock.take(product)
    """,
    "conftest.py": """
        import pytest, stock

        @pytest.fixture(autouse=True)
        def full():
            stock.left["tea"] = 5
    """,
    "test_basket.py": """
        import basket

        def test_buy():
            assert basket.buy("tea") == 4

        def test_buy_two():
            assert basket.buy("tea") + basket.buy("tea") == 7
    """,
}


def everywhere(baseline: Trial) -> Iterable[Experiment]:
    """A fault before each crossing of a test, and one after it."""
    for crossed in baseline.crossings:
        for when in ("before", "after"):
            yield Experiment(baseline.test, crossed.point, when, Fault("plain", "RuntimeError", "injected"))


def names(found: LabResult) -> list[tuple[str, int]]:
    return [(first.test.rpartition("::")[2], len(trials)) for first, _, trials in found.trials]


def said(found: LabResult) -> list[tuple[object, ...]]:
    return [
        (each.experiment, each.outcome, each.fired, each.failure, each.void, each.crossings)
        for _, _, trials in found.trials
        for each in trials
    ]


@pytest.fixture(scope="module")
def found(lab_on: Callable[..., Lab]) -> LabResult:
    """What a lab with one worker, which forks, finds in the basket."""
    return lab_on(BASKET).run(everywhere)


def test_every_experiment_is_tried_and_told(lab_on: Callable[..., Lab]) -> None:
    told: list[Progress] = []
    found = lab_on(BASKET).run(everywhere, told.append)
    assert names(found) == [("test_buy", 4), ("test_buy_two", 8)]
    assert {each[1:5] for each in said(found)} == {("failed", True, "RuntimeError: injected", "")}
    assert (found.skipped, found.not_repeatable, found.exhausted) == ((), 0, True)
    assert told[-1].done == told[-1].planned == 12
    first, second, _ = found.trials[0]
    assert [crossed.point.seam.callable for crossed in second.crossings] == ["basket.buy", "stock.take"]
    assert first.crossings == second.crossings


@pytest.mark.parametrize("options", [{"workers": 2}, {"forks": False}, {}], ids=str)
def test_the_same_trials_come_of_it_however_it_is_run(
    lab_on: Callable[..., Lab], found: LabResult, options: dict[str, object]
) -> None:
    assert said(lab_on(BASKET, **options).run(everywhere)) == said(found)


def test_a_test_is_skipped_with_the_reason_for_which_it_cannot_be_judged(lab_on: Callable[..., Lab]) -> None:
    unfit = """
        import itertools, pytest, basket
        numbers = itertools.count()

        def test_random():
            for _ in range(next(numbers)):
                basket.buy("tea")

        def test_fails():
            assert basket.buy("tea") == 9

        def test_skipped():
            pytest.skip("no kettle")

        @pytest.mark.xfail
        def test_expected():
            assert basket.buy("tea") == 9
    """
    found = lab_on({**BASKET, "test_unfit.py": unfit}).run(everywhere)
    reasons = {each.what.rpartition("::")[2]: each.reason for each in found.skipped}
    assert reasons == {
        "test_random": "not repeatable: 2 crossings came only in the second run: <tests> → basket.buy at"
        " test_unfit.py:7 (call 2) returned, basket → stock.take at basket.py:5 (call 2) returned",
        "test_fails": "its baseline is failed: AssertionError: assert 4 == 9",
        "test_skipped": "its baseline is skipped: Skipped: no kettle",
        "test_expected": "its baseline is xfailed: AssertionError: assert 4 == 9",
    }
    assert found.not_repeatable == 1
    assert names(found) == [("test_buy", 4), ("test_buy_two", 8)]


LEAKING = {
    **BASKET,
    "basket.py": """
        import stock

        broken = False

        def buy(product):
            global broken
            if broken:
                return 4
            try:
                return stock.take(product)
            except RuntimeError:
                broken = True
                raise
    """,
    "test_basket.py": """
        import basket, stock

        def test_buy():
            assert basket.buy("tea") == 4

        def test_later():
            assert basket.buy("tea") == 4
    """,
}


def test_trials_into_which_state_leaked_are_run_again_and_later_tests_are_not_touched(
    lab_on: Callable[..., Lab],
) -> None:
    found = lab_on(LEAKING).run(everywhere)
    assert names(found) == [("test_buy", 4), ("test_later", 4)]
    assert {each[1:5] for each in said(found)} == {("failed", True, "RuntimeError: injected", "")}


def test_what_fixtures_of_the_session_set_stays_and_what_trials_set_does_not(
    lab_on: Callable[..., Lab],
) -> None:
    fixtures = """
        import os, pytest, stock

        @pytest.fixture(scope="session", autouse=True)
        def settings():
            os.environ["KETTLE"] = "on"
            yield
            os.environ["KETTLE"] = "off"
    """
    test = """
        import os, basket

        def test_buy():
            assert os.environ["KETTLE"] == "on" and "SPILT" not in os.environ
            try:
                basket.buy("tea")
            except RuntimeError:
                os.environ["SPILT"] = "yes"
    """
    found = lab_on({**BASKET, "conftest.py": fixtures, "test_basket.py": test}).run(everywhere)
    assert [each[1:5] for each in said(found)] == [("passed", True, "", "")] * 4


def test_what_is_to_be_done_when_time_is_up_is_left_out(lab_on: Callable[..., Lab]) -> None:
    found = lab_on(BASKET, budget=0.0).run(everywhere)
    assert (found.trials, found.exhausted) == ((), False)
    assert {each.reason for each in found.skipped} == {"the budget was used up before its baseline"}


def test_what_comes_first_is_tried_before_the_next_batch_has_its_baselines(
    lab_on: Callable[..., Lab],
) -> None:
    told: list[Progress] = []
    lab = lab_on(BASKET)
    found = lab.run(everywhere, told.append, batches=lambda tests: (tests[1:], tests[:1]))
    assert names(found) == [("test_buy", 4), ("test_buy_two", 8)]
    assert [each.done for each in told if each.planned == 8] == list(range(9))
    assert [each.test.rpartition("::")[2] for each in told][9:] == ["test_buy"] * 5


@pytest.mark.parametrize(
    ("ample", "order"),
    [
        (0.0, ["test_buy 1", "test_buy 2", "test_buy_two 1", "test_buy_two 2"]),
        (1e9, ["test_buy 1", "test_buy_two 1", "test_buy 2", "test_buy_two 2"]),
    ],
)
def test_what_tells_less_waits_for_other_tests_where_time_may_be_short(
    lab_on: Callable[..., Lab], monkeypatch: pytest.MonkeyPatch, ample: float, order: list[str]
) -> None:
    monkeypatch.setattr("dryfit.lab.lab.AMPLE", ample)
    monkeypatch.setattr("dryfit.lab.lab.magnitude", lambda seconds: 0)  # on a busy machine one may be dear
    tried = []

    def plan(baseline: Trial) -> Iterable[Experiment]:
        first, *_ = everywhere(baseline)
        return [replace(first, rank=rank) for rank in (2, 1)]

    def told(baseline: Trial, trial: Trial) -> Iterable[Experiment]:
        assert isinstance(trial.experiment, Experiment)
        tried.append(f"{trial.test.rpartition('::')[2]} {trial.experiment.rank}")
        return ()

    lab_on(BASKET, budget=60.0).run(plan, follow=told)
    assert tried == order


def test_tests_in_no_batch_are_not_asked_for(lab_on: Callable[..., Lab]) -> None:
    found = lab_on(BASKET).run(everywhere, batches=lambda tests: (tests[:1],))
    assert names(found) == [("test_buy", 4)]
    assert (found.skipped, found.exhausted) == ((), True)


def test_ctrl_c_ends_it_with_what_there_is(lab_on: Callable[..., Lab]) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.done == 4:
            os.kill(os.getpid(), signal.SIGINT)

    found = lab_on(BASKET).run(everywhere, interrupt)
    assert len(said(found)) >= 4
    assert found.exhausted == (len(said(found)) == 12)
    assert found.interrupted


COPIES = {
    "stock.py": "left = 5",
    "test_stock.py": """
        import os, pytest, signal, stock

        times = 0

        @pytest.mark.contention
        def test_take():
            global times
            times += 1
            if times == 20:
                os.kill(int(os.environ["LEADER"]), signal.SIGINT)
            stock.left -= 1
    """,
}


def test_ctrl_c_has_an_exploration_tell_how_far_it_has_come(
    lab_on: Callable[..., Lab], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADER", str(os.getpid()))
    body = Operation("test", 0, "test_take")
    copies = Overlap("test_stock.py::test_take", (body,) * 4, lines=True, budget=1_000_000)
    found = lab_on(COPIES, instruments=STANDARD).run(lambda baseline: [copies])
    [(_, _, [trial])] = found.trials
    tried, at_least = trial.explored.tried, trial.explored.at_least
    assert tried < at_least
    assert trial.void == f"interrupted after {tried} of at least {at_least} interleavings"
    assert (found.interrupted, found.exhausted) == (True, True)


def test_one_experiment_is_run_again(lab_on: Callable[..., Lab], found: LabResult) -> None:
    trial = found.trials[0][2][0]
    first, second, again = lab_on(BASKET).replay(trial.experiment)
    assert (first.experiment, second.experiment, again.experiment) == (None, None, trial.experiment)
    assert (again.outcome, again.failure, again.crossings) == (trial.outcome, trial.failure, trial.crossings)


def test_a_test_that_is_not_there_cannot_be_replayed(lab_on: Callable[..., Lab], found: LabResult) -> None:
    gone = {**BASKET, "test_basket.py": "def test_other(): pass"}
    with pytest.raises(LabError, match="this worker did not collect the test"):
        lab_on(gone).replay(found.trials[0][2][0].experiment)


def test_a_suite_that_cannot_be_collected_is_told_with_the_end_of_the_log(lab_on: Callable[..., Lab]) -> None:
    broken = {**BASKET, "conftest.py": "raise ValueError('no kettle')"}
    with pytest.raises(LabError, match=r"ended with status 4 before(.|\n)*worker0\.log(.|\n)*no kettle"):
        lab_on(broken).run(everywhere)


def test_a_failure_of_the_instruments_makes_trials_void(lab_on: Callable[..., Lab]) -> None:
    found = lab_on(BASKET, instruments="watching:Broken").run(everywhere)
    assert {each.reason for each in found.skipped} == {
        "dryfit failed: ValueError: out of paper; please report it"
    }


def test_options_of_the_user_that_would_disturb_trials_are_overruled(lab_on: Callable[..., Lab]) -> None:
    adorned = {
        **BASKET,
        "pyproject.toml": """
            [tool.pytest.ini_options]
            addopts = ["-n2", "--cov=stock", "--junitxml=report.xml", "--pdb", "--dryfit", "-x"]
        """,
    }
    found = lab_on(adorned, plugins=["xdist.plugin", "pytest_cov.plugin"]).run(everywhere)
    assert names(found) == [("test_buy", 4), ("test_buy_two", 8)]
    assert not Path("report.xml").exists()
    assert not Path(".coverage").exists()


def test_several_workers_are_told_apart_as_those_of_xdist_are(lab_on: Callable[..., Lab]) -> None:
    test = """
        import os, basket

        def test_buy(request):
            own = request.config.workerinput["workerid"]
            assert own in ("gw0", "gw1") and os.environ["PYTEST_XDIST_WORKER"] == own
            assert os.environ["PYTEST_XDIST_WORKER_COUNT"] == "2"
            basket.buy("tea")
    """
    found = lab_on({**BASKET, "test_basket.py": test}, workers=2).run(everywhere)
    assert names(found) == [("test_buy", 4)]


ORPHANS = {
    **BASKET,
    "basket.py": """
        import os, subprocess, sys, time
        from pathlib import Path
        import stock

        alive = os.open(Path(__file__).with_name("alive"), os.O_WRONLY)

        def buy(product):
            try:
                return stock.take(product)
            except RuntimeError:
                program = "import os, time; os.write(1, b'all'); time.sleep(1e6)"
                subprocess.Popen([sys.executable, "-c", program], stdout=alive)
                time.sleep(1e6)
    """,
    "lead.py": """
        from pathlib import Path
        from dryfit.config import load_config
        from dryfit.lab.lab import Lab
        from dryfit.model.trial import Experiment, Fault

        def plan(baseline):
            fault = Fault("plain", "RuntimeError", "injected")
            return [Experiment(baseline.test, baseline.crossings[1].point, "before", fault)]

        Lab(load_config(Path.cwd()), instruments="watching:Watching").run(plan, print)
    """,
}


def test_nothing_outlives_a_leading_process_that_is_killed(lab_on: Callable[..., Lab]) -> None:
    lab_on(ORPHANS)  # the project and its environment
    os.mkfifo("alive")
    alive = os.open("alive", os.O_RDONLY | os.O_NONBLOCK)
    with subprocess.Popen([sys.executable, "lead.py"], stdout=subprocess.DEVNULL) as lead:
        assert heard(alive) == b"all"
        lead.kill()
    assert (
        heard(alive) == b""
    )  # the worker, its runner, and what that has started have it open while they live
    os.close(alive)


def heard(pipe: int) -> bytes:
    """What is written into a pipe next; nothing where nobody has it open any more."""
    assert select.select([pipe], [], [], 30) == ([pipe], [], [])
    return os.read(pipe, 100)


def test_where_no_runner_can_begin_every_test_has_that_reason(
    lab_on: Callable[..., Lab], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RemoteWorker, "_begin_runner", unable)
    found = lab_on(BASKET).run(everywhere)
    assert found.trials == ()
    assert {each.reason for each in found.skipped} == {"the lab: no process could be forked"}


def unable(worker: RemoteWorker) -> NoReturn:
    raise LabError("the lab: no process could be forked")
