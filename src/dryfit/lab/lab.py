"""The lab, in the leading process: hands tests out to workers, and collects what their trials show."""

from __future__ import annotations

import math
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Pipe
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import TypeVar

from dryfit.checks.promising import magnitude
from dryfit.config import Config
from dryfit.lab.course import BASELINE_RATIO, LIMIT_SECONDS, Baselines, Course, baselines
from dryfit.lab.debugging import QUIET, debugged
from dryfit.lab.instruments import STANDARD
from dryfit.lab.messages import Task
from dryfit.lab.remote import EXPLORATION_SECONDS, RemoteWorker
from dryfit.lab.result import LabResult, Progress, TestTrials
from dryfit.model.chain import Link
from dryfit.model.errors import LabError
from dryfit.model.interleaving import Overlap
from dryfit.model.run import CUT_SHORT
from dryfit.model.trace import Skipped
from dryfit.model.trial import Experiment, Proposed, Trial

LOG = Path(".dryfit", "lab")

LOG_ROOM = 65536
"""Bytes that have to be free for logs to be kept in the project."""


Plan = Callable[[Trial], Iterable[Proposed]]
Follow = Callable[[Trial, Trial], Iterable[Proposed]]
Batches = Callable[[tuple[str, ...]], Iterable[Sequence[str]]]
Told = Callable[[Progress], None]

T = TypeVar("T")

BASELINES_SHARE = 0.5
"""Of the time that is left, what may be spent on the baselines of one batch."""

FIRST_RANK = 0

AMPLE = 4.0
"""Where there is so many times the time that all trials are expected to take, their ranks need not be kept apart."""

OUT_OF_TIME = "the budget was used up before its baseline"
BROKEN_OFF = f"{CUT_SHORT} before its baseline"


class Lab:
    """Runs trials of a project's own suite.

    ``budget`` is in seconds, from the moment at which ``run`` is called; ``limit`` the least number of seconds after
    which a trial is a hang (ten times its baseline, where that is more). ``forks`` may be false to have workers that
    start anew wherever one that forks would fork. Not to be used by several threads.
    """

    def __init__(
        self,
        config: Config,
        pytest_args: Sequence[str] = (),
        *,
        budget: float | None = None,
        workers: int = 1,
        limit: float | None = None,
        forks: bool = True,
        instruments: str = STANDARD,
    ) -> None:
        self._config = config
        self._pytest_args = tuple(pytest_args)
        self._budget = budget
        self._limit = LIMIT_SECONDS if limit is None else limit
        self._workers = workers
        self._forks = forks
        self._instruments = instruments

    def run(
        self,
        plan: Plan,
        told: Told = lambda progress: None,
        *,
        follow: Follow = lambda baseline, trial: (),
        batches: Batches = lambda tests: (tests,),
    ) -> LabResult:
        """Try, for each test, what ``plan`` makes of its baseline, and what ``follow`` makes of each trial then.

        ``batches`` says which of the tests, in which order; what is to be tried first in the tests of one batch is
        tried before those of the next one have a baseline. Ctrl-C ends it early, with what there is. Raises
        ``LabError`` where the tests cannot be collected.
        """
        work = _Work(plan, follow, told, self._limit, self._budget)
        with self._crew(work.until) as crew:
            try:
                for batch in work.divide(crew.tests(), batches):
                    crew.each(batch, work.begin)
                    crew.each(work.by_cost(FIRST_RANK), partial(work.go_on, FIRST_RANK))
                while (rank := work.next_rank()) is not None:
                    crew.each(work.by_cost(rank), partial(work.go_on, rank))
            except KeyboardInterrupt:
                work.interrupted = True
        return work.result()

    def replay(self, experiment: Proposed) -> tuple[Trial, ...]:
        """Run one experiment again: two baseline trials, and the trial; raises ``LabError`` where that cannot be.

        A baseline trial of each other test that takes part follows.
        """
        with self._crew() as crew:
            worker = crew.worker()
            found = baselines(worker, experiment.test, self._limit)
            if isinstance(found, Skipped):
                raise LabError(f"{found.what}: {found.reason}", slug="lab")
            course = Course(worker, found, limit=self._limit, is_over=lambda: False)
            course.run([experiment])
            others = experiment.others if isinstance(experiment, Overlap) else ()
            beside = [worker.trial(each, None, BASELINE_RATIO * self._limit) for each in others]
            return found.first, found.second, course.trials[experiment], *beside

    def debug(self, experiment: Experiment, step: Link) -> Trial:
        """Run one experiment in this terminal, and start a debugger at a step of its failure; raises ``LabError``."""
        with TemporaryDirectory(prefix="dryfit-lab-") as home:
            task = replace(self._task(Path(home), 0), forks=False, stop=step)
            task = replace(task, pytest_args=(*task.pytest_args, *QUIET))
            return debugged(task, experiment, self._logs(Path(home)) / "debugger.log")

    @contextmanager
    def _crew(self, until: float = math.inf) -> Iterator[_Crew]:
        home = Path(tempfile.mkdtemp(prefix="dryfit-lab-"))
        crew = _Crew(self._workers, partial(self._task, home, until=until), self._logs(home))
        try:
            yield crew
        finally:
            crew.close()
            shutil.rmtree(home, ignore_errors=True)

    def _logs(self, home: Path) -> Path:
        """The folder of the workers' logs: in the project, or, where nothing can be written there, among their own."""
        logs = self._config.root / LOG
        try:
            logs.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=logs) as room:
                room.write(bytes(LOG_ROOM))
        except OSError:
            return home
        return logs

    def _task(self, home: Path, number: int, until: float = math.inf) -> Task:
        return Task(
            config=self._config,
            pytest_args=self._pytest_args,
            number=number,
            workers=self._workers,
            home=home / f"gw{number}",
            forks=self._forks,
            instruments=self._instruments,
            until=until,
        )


class _Crew:
    """Threads, each with a worker of its own, which starts when the thread has its first work."""

    def __init__(self, size: int, task: Callable[[int], Task], logs: Path) -> None:
        self._task = task
        self._logs = logs
        self._own = threading.local()
        self._starting = threading.Lock()
        self._workers: list[RemoteWorker] = []
        # A worker ends with the thread that has started it, where the system lets it: they stay until the end.
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="dryfit-lab")
        self._stop, self._stopping = Pipe(duplex=False)

    def tests(self) -> tuple[str, ...]:
        """The tests that one worker has collected."""
        return self._threads.submit(lambda: self.worker().tests).result()

    def each(self, things: Iterable[T], do: Callable[[RemoteWorker, T], None]) -> None:
        """Do something with each of the things, in their order; raises what the first failure raised."""
        work: list[Future[None]] = [
            self._threads.submit(lambda thing: do(self.worker(), thing), thing) for thing in things
        ]
        for each in work:
            each.result()

    def worker(self) -> RemoteWorker:
        """The worker of this thread."""
        if not hasattr(self._own, "worker"):
            with self._starting:
                number = len(self._workers)
                worker = RemoteWorker(self._task(number), self._logs / f"worker{number}.log", self._stop)
                self._workers.append(worker)
            worker.start()
            self._own.worker = worker
        found: RemoteWorker = self._own.worker
        return found

    def close(self) -> None:
        """End every worker, also in the midst of a trial."""
        self._stopping.close()  # whoever waits for a trial waits no longer
        self._threads.shutdown(cancel_futures=True)
        for worker in self._workers:
            worker.close()
        self._stop.close()


class _Work:
    """What is known so far, and what is to be done; told by several threads."""

    def __init__(self, plan: Plan, follow: Follow, told: Told, limit: float, budget: float | None) -> None:
        self._plan = plan
        self._follow = follow
        self._told = told
        self._limit = limit
        self.until = math.inf if budget is None else time.monotonic() + budget
        self._lock = threading.Lock()
        self._done = 0
        self._known: dict[str, Baselines] = {}
        self._planned: dict[str, tuple[Proposed, ...]] = {}
        self._trials: dict[str, dict[Proposed, Trial]] = {}
        self._skipped: dict[str, str] = {}
        self._wanted: tuple[str, ...] = ()
        self._baselines_end = math.inf
        self.interrupted = False

    def divide(self, tests: tuple[str, ...], batches: Batches) -> Iterator[Sequence[str]]:
        """The batches; with each of them the time for its baselines begins."""
        divided = [tuple(batch) for batch in batches(tests)]
        wanted = {test for batch in divided for test in batch}
        self._wanted = tuple(test for test in tests if test in wanted)
        for batch in divided:
            now = time.monotonic()
            self._baselines_end = now + BASELINES_SHARE * (self.until - now)
            yield batch

    def begin(self, worker: RemoteWorker, test: str) -> None:
        """Run a test's baselines, and plan its trials."""
        if time.monotonic() > self._baselines_end:
            return
        try:
            found = baselines(worker, test, self._limit)
        except LabError as error:
            found = Skipped(test, str(error))
        with self._lock:
            if isinstance(found, Skipped):
                self._skipped[test] = found.reason
            else:
                self._known[test] = found
                self._planned[test] = tuple(dict.fromkeys(self._plan(found.first)))
            self._tell(test)

    def next_rank(self) -> int | None:
        """Up to which rank it is tried next; ``None`` where nothing is to be, or time is up.

        Rank by rank where time may be short. Else all at once, test by test: each time that a test is left it is run
        undisturbed once more.
        """
        untried = [(test, each) for test in self._planned for each in self._untried(test)]
        if not untried or self._is_over():
            return None
        wanted = sum(
            EXPLORATION_SECONDS if isinstance(each, Overlap) else self._known[test].seconds
            for test, each in untried
        )
        is_ample = self.until - time.monotonic() > AMPLE * wanted
        return (max if is_ample else min)(each.rank for _, each in untried)

    def by_cost(self, rank: int) -> list[str]:
        """The tests that have experiments up to this rank, the cheap ones first.

        Cheap is told in powers of four: between tests that take about as long the order is to be the suite's, the same
        in every run.
        """
        with_plan = [test for test in self._wanted if self._up_to(rank, test)]
        return sorted(with_plan, key=lambda test: magnitude(self._known[test].second.seconds))

    def _up_to(self, rank: int, test: str) -> list[Proposed]:
        return sorted((each for each in self._untried(test) if each.rank <= rank), key=lambda each: each.rank)

    def _untried(self, test: str) -> list[Proposed]:
        """What is still to be tried; nothing of a test that was given up."""
        if test in self._skipped:
            return []
        tried = self._trials.get(test, {})
        return [each for each in self._planned.get(test, ()) if each not in tried]

    def go_on(self, rank: int, worker: RemoteWorker, test: str) -> None:
        """Run a test's trials up to one rank."""
        if self._is_over():
            return
        course = Course(
            worker,
            self._known[test],
            limit=self._limit,
            is_over=self._is_over,
            tried=partial(self._tried, test),
        )
        try:
            course.run(self._up_to(rank, test))
        except LabError as error:  # what other tests show stands
            self._skipped[test] = f"its trials were broken off: {error}"
        finally:  # where the user breaks off
            self._trials.setdefault(test, {}).update(course.trials)
        self._plan_on(test, course.trials.values())

    def _plan_on(self, test: str, trials: Iterable[Trial]) -> None:
        """Plan what is to be tried because of these trials."""
        with self._lock:
            baseline = self._known[test].first
            more = [each for trial in trials for each in self._follow(baseline, trial)]
            self._planned[test] = tuple(dict.fromkeys((*self._planned[test], *more)))

    def result(self) -> LabResult:
        """What there is."""
        trials: list[TestTrials] = []
        for test in self._wanted:
            if known := self._known.get(test):
                tried = self._trials.get(test, {})
                own = tuple(tried[each] for each in self._planned[test] if each in tried)
                trials.append((known.first, known.second, own))
            else:
                self._skipped.setdefault(test, BROKEN_OFF if self.interrupted else OUT_OF_TIME)
        skipped = tuple(Skipped(test, self._skipped[test]) for test in self._wanted if test in self._skipped)
        planned = sum(map(len, self._planned.values()))
        return LabResult(
            trials=tuple(trials),
            skipped=skipped,
            not_repeatable=sum(each.reason.startswith("not repeatable") for each in skipped),
            exhausted=planned == sum(len(own) for _, _, own in trials)
            and not {OUT_OF_TIME, BROKEN_OFF} & set(self._skipped.values()),
            interrupted=self.interrupted,
        )

    def _is_over(self) -> bool:
        return self.interrupted or time.monotonic() > self.until

    def _tried(self, test: str) -> None:
        with self._lock:
            self._done += 1
            self._tell(test)

    def _tell(self, test: str) -> None:
        self._told(Progress(self._done, sum(map(len, self._planned.values())), test))
