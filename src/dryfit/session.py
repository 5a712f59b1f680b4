"""One pytest session that is watched: turns pytest's hooks into the steps of a run."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

import pytest

from dryfit.config import Config
from dryfit.lab.outcome import phase_outcome
from dryfit.model.clock import Clock
from dryfit.model.errors import DryfitError, UsageError
from dryfit.model.run import Run, RunInfo
from dryfit.model.trace import LeftoverData, Observations, Skipped, TestOutcome
from dryfit.report.summary import summary_lines
from dryfit.run import (
    FAILED,
    INTERRUPTED,
    conclude,
    count_tests,
    new_run,
    open_run,
    prepare,
    write_html,
)
from dryfit.watch import Watch
from dryfit.weave import Weave

REQUEST = "dryfit-request"
"""The plugin name under which ``dryfit check`` hands its wishes in, and finds the run."""

FIXTURES = "dryfit-fixtures"
"""The plugin name of the declared resources."""

_RUN_KEY, _REMAINS_KEY, _WISHES_KEY = "dryfit_run", "dryfit_remains", "dryfit_wishes"
_CHECKS_KEY = "dryfit_checks"

P = ParamSpec("P")


class Request:
    """What ``dryfit check`` asks of a session; ``run`` and ``failure`` are what comes of it."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.run: Run | None = None
        self.failure = ""
        self.interrupted = False


def _guarded(step: Callable[Concatenate[Session, P], None]) -> Callable[Concatenate[Session, P], None]:
    """Let a failure of dryfit's own end the watching, never the tests."""

    def guarded(self: Session, /, *arguments: P.args, **options: P.kwargs) -> None:
        if not self.failure:
            try:
                step(self, *arguments, **options)
            except DryfitError as error:
                self.fail(str(error))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is not the user's
                where = traceback.extract_tb(error.__traceback__)[-1]
                self.fail(f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})")

    return guarded


class Session:
    """The plugin that is registered for one watched session, in the process that leads it and in each worker.

    ``leaves_trials`` says that this is the first run of ``dryfit check``: whatever is to be tried is tried after it.
    """

    def __init__(self, config: pytest.Config, request: Request) -> None:
        self.pytest_config = config
        self.request = request
        self.failure = ""
        worker: dict[str, Any] = getattr(config, "workerinput", {})
        self._is_worker = bool(worker)
        self._info = RunInfo(**worker[_RUN_KEY]) if worker else new_run(request.config)
        self._begun = Clock.monotonic()
        self._outcomes: dict[str, TestOutcome] = {}
        self._remains: list[str] = []
        self._report = ""
        self._has_begun = False
        self.leaves_trials = config.pluginmanager.has_plugin(REQUEST) or worker.get(_CHECKS_KEY, False)
        self._writer = open_run(request.config, self._info, worker.get("workerid", ""))
        self._watch: Watch | None = None
        if not _distributes(config):
            self._watch_seams()
        if fixtures := config.pluginmanager.get_plugin(FIXTURES):
            fixtures.left_behind = self._left_behind

    @classmethod
    def begin(cls, config: pytest.Config) -> Session:
        """Read what is set and what is accepted; raises ``pytest.UsageError`` with every line that is wrong in it."""
        request = config.pluginmanager.get_plugin(REQUEST)
        wishes = getattr(config, "workerinput", {}).get(_WISHES_KEY)
        try:
            return cls(config, request or Request(prepare(config.rootpath, wishes)))
        except UsageError as error:
            raise pytest.UsageError(*error.problems) from None

    @contextmanager
    def looking_away(self) -> Iterator[Weave | None]:
        """Watch nothing until the end of the block, and lend what is woven; ``None`` where nothing is."""
        watch, self._watch = self._watch, None
        try:
            yield watch.weave if watch is not None else None
        finally:
            self._watch = watch

    def note_skipped(self, test: str, reason: str) -> None:
        """Remember what trials are not to run, and why."""
        self._writer.append(Observations(skipped=(Skipped(test, reason),)))

    def fail(self, reason: str) -> None:
        """Watch no more, and remember why."""
        self.failure = self.request.failure = reason
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.abandon()
        with suppress(Exception):  # it may be the writing that fails
            self._writer.append(Observations(warnings=(f"{FAILED}: {reason}",)))

    # The tests of this process.

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        """Weave what the collection has imported."""
        self._put_in()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Know that tests are to run: not so with --collect-only, --fixtures, or a path that is not there."""
        self._has_begun = not session.config.option.collectonly and _are_there(session.config)
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Give each test a trace of its own."""
        self._begin_test(item.nodeid)
        begun = Clock.perf_counter()
        try:
            return (yield)
        finally:
            self._end_test(item.nodeid, Clock.perf_counter() - begun)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
        """Tell what belongs to several tests from what one test leaves."""
        value = yield
        if fixturedef.scope != "function":
            self._shared_fixture_set_up()
        return value

    def pytest_fixture_post_finalizer(self, fixturedef: pytest.FixtureDef[object]) -> None:
        """The same at a fixture's end."""
        if fixturedef.scope != "function":
            self._shared_fixture_ended()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self) -> None:
        """The set-up is done."""
        self._begin_call()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember how each test ended, the gravest of its phases."""
        outcome = phase_outcome(report)
        if outcome != "passed" or report.when == "call":
            self._outcomes[report.nodeid] = outcome

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that cannot be collected counts as a test that fails."""
        if report.failed:
            self._outcomes[report.nodeid] = "error"

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Remember that the user broke off; pytest calls this for interruptions of its own, too."""
        self.request.interrupted = excinfo.type is KeyboardInterrupt

    @_guarded
    def _watch_seams(self) -> None:
        self._watch = Watch(self.request.config, self._writer)

    @_guarded
    def _left_behind(self, incidents: tuple[LeftoverData, ...]) -> None:
        if self._watch is not None:
            self._writer.append(Observations(incidents=incidents))

    @_guarded
    def _put_in(self) -> None:
        if self._watch is not None:
            self._watch.put_in()

    @_guarded
    def _begin_test(self, test: str) -> None:
        if self._watch is not None:
            self._watch.begin_test(test)

    @_guarded
    def _shared_fixture_set_up(self) -> None:
        if self._watch is not None:
            self._watch.shared_fixture_set_up()

    @_guarded
    def _shared_fixture_ended(self) -> None:
        if self._watch is not None:
            self._watch.shared_fixture_ended()

    @_guarded
    def _begin_call(self) -> None:
        if self._watch is not None:
            self._watch.begin_call()

    @_guarded
    def _end_test(self, test: str, seconds: float) -> None:
        if self._watch is not None:
            self._watch.end_test(test, self._outcomes.get(test, "cut off"), seconds)

    # The processes of pytest-xdist.

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker which run it is a part of."""
        asked = self.request.config
        node.workerinput[_RUN_KEY] = asdict(self._info)
        node.workerinput[_CHECKS_KEY] = self.leaves_trials
        node.workerinput[_WISHES_KEY] = {"only": asked.only.value, "replay-fakes": asked.replays_fakes}

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker could not write."""
        self._remains.append(getattr(node, "workeroutput", {}).get(_REMAINS_KEY, ""))

    # The end.

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Take everything out, and conclude the run where all its parts are together."""
        self._take_out()
        if self._is_worker:
            session.config.workeroutput[_REMAINS_KEY] = self._writer.remains()  # type: ignore[attr-defined]  # of xdist
        elif self._has_begun:
            self._conclude(_has_run_all(session, exitstatus))
        self._writer.close()

    def pytest_unconfigure(self) -> None:
        """Leave the last run to be the last one where there was none."""
        if not self._has_begun:
            self._writer.discard()

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the short form, or why there is none."""
        if self.pytest_config.pluginmanager.has_plugin(REQUEST):
            return  # `dryfit check` prints the long one
        if not self._has_begun:
            return
        terminalreporter.section("dryfit")
        if self.failure:
            terminalreporter.write_line(f"{FAILED}: {self.failure}")
        elif self.request.run is not None:
            encoding = getattr(terminalreporter._tw._file, "encoding", None) or "utf-8"
            width = terminalreporter._tw.fullwidth if terminalreporter.isatty else None
            for line in summary_lines(self.request.run, self._report, width=width, encoding=encoding):
                terminalreporter.write_line(line)

    @_guarded
    def _take_out(self) -> None:
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.take_out()
            if not self.request.interrupted:
                watch.replay_fakes()

    @_guarded
    def _conclude(self, whole_suite: bool) -> None:
        config = self.request.config
        info = replace(self._info, seconds=Clock.monotonic() - self._begun)
        remains = [text for text in self._remains if text]
        tests = count_tests(self._outcomes.values())
        run = conclude(
            config,
            self._writer,
            info,
            tests,
            whole_suite=whole_suite,
            remains=remains,
            warnings=[INTERRUPTED] if self.request.interrupted else [],
        )
        self.request.run = run
        try:
            self._report = _shown(write_html(run, config.root), self.pytest_config.invocation_params.dir)
        except OSError as error:
            self._report = f"cannot be written: {error}"


def _are_there(config: pytest.Config) -> bool:
    """Whether the paths that are asked for exist; where workers collect, nobody else refuses one that does not."""
    start = config.invocation_params.dir
    return bool(config.getoption("pyargs")) or all(
        (start / path.partition("::")[0]).exists() for path in config.args
    )


def _distributes(config: pytest.Config) -> bool:
    """Whether this process only hands tests out to the workers of pytest-xdist."""
    return not hasattr(config, "workerinput") and config.getoption("dist", "no") != "no"


_SELECTING = ("-k", "-m", "--lf", "--last-failed", "--deselect", "--ignore", "--sw", "--stepwise", "--nf")


def _whole_suite(config: pytest.Config) -> bool:
    """Whether the command line leaves no test of the project out."""
    given = config.invocation_params.args
    if any(
        str(argument).partition("=")[0] in _SELECTING or str(argument)[:2] in ("-k", "-m")
        for argument in given
    ):
        return False
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        return True
    usual = {str(config.rootpath / path) for path in config.getini("testpaths") or ("tests", "test", "")}
    chosen = {str((config.invocation_params.dir / path).resolve()) for path in config.args}
    return str(config.rootpath) in chosen or bool(chosen & usual)


def _has_run_all(session: pytest.Session, status: int) -> bool:
    """Whether no test is missing; where none was collected, none is."""
    if status == pytest.ExitCode.NO_TESTS_COLLECTED:
        return True
    return (
        _whole_suite(session.config) and status in (0, 1) and not (session.shouldstop or session.shouldfail)
    )


def _shown(path: Path, start: Path) -> str:
    """The path as the user would type it."""
    return str(path.relative_to(start)) if path.is_relative_to(start) else str(path)
