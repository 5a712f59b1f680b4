"""Runs one collected test again and again, each time as pytest runs it once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

from dryfit.lab.collected import as_collected
from dryfit.lab.outcome import outcome
from dryfit.model.trace import TestOutcome

Step = Callable[[], None]


def _nothing() -> None:
    pass


class Repeating:
    """A plugin that runs tests when it is asked to, within the hooks of every other plugin.

    Fixtures of the session stay; all others are torn down after each run and set up for the next. ``begin`` is called
    before a test's set-up, ``calling`` before its call, ``called`` between that and its teardown, ``end`` at last.
    """

    def __init__(self, session: pytest.Session) -> None:
        self._session = session
        self._steps: tuple[Step, Step, Step, Step] = (_nothing, _nothing, _nothing, _nothing)
        self._reports: list[pytest.TestReport] = []

    def run(
        self, item: pytest.Item, begin: Step, called: Step, end: Step, *, calling: Step = _nothing
    ) -> tuple[TestOutcome, str]:
        """Run ``item``: how it ended, and the exception or the reason that says why.

        What escapes from pytest itself is raised: ``pytest.exit`` in a test, Ctrl-C, a plugin that fails.
        """
        self._steps = begin, calling, called, end
        self._reports = []
        try:
            with as_collected(item):
                item.ihook.pytest_runtest_protocol(item=item, nextitem=self._session)
        finally:
            self._session.shouldfail = self._session.shouldstop = False
        return outcome(self._reports)

    def tear_down(self) -> None:
        """Tear down what a run left that did not come to its end; the session's fixtures stay."""
        self._session._setupstate.teardown_exact(self._session)  # type: ignore[arg-type]  # it asks for its parents only

    def tear_down_session(self) -> None:
        """Tear down everything."""
        self._session._setupstate.teardown_exact(None)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool:
        """Run the phases as pytest does, in place of whoever would run them more than once, and tell nobody."""
        begin, _, _, end = self._steps
        # The text of a failure is wanted, but to format its traceback may take longer than the test: so this one item
        # describes it otherwise, for one run.
        item.repr_failure = item._repr_failure_py = _described  # type: ignore[assignment,method-assign]  # as said
        begin()
        try:
            # The session stands for the next test: pytest asks it which fixtures that will share.
            self._reports = runtestprotocol(item, log=False, nextitem=self._session)  # type: ignore[arg-type]  # as said
        finally:
            del item.repr_failure, item._repr_failure_py
            end()
        return True

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        """The call is over, whatever came of it; then comes the teardown."""
        self._steps[1]()
        try:
            return (yield)
        finally:
            self._steps[2]()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Remove the directory of ``tmp_path``: the next run is to get one of the same name, and as empty."""
        folder = (getattr(item, "funcargs", None) or {}).get("tmp_path")
        try:
            return (yield)
        finally:
            if isinstance(folder, Path) and os.path.isdir(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _described(excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
    return described(excinfo.value)


def described(error: BaseException) -> str:
    """An exception's type and the first line of what it says."""
    try:
        said = str(error).partition("\n")[0]
    except Exception as another:  # noqa: BLE001 - it is the user's, and may raise anything
        said = f"<its text cannot be had: {type(another).__name__}>"
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
