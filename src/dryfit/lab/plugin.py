"""What a worker adds to the pytest session in which it collects the tests."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from dryfit import discover
from dryfit.lab.bodies import Bodies
from dryfit.lab.instruments import Instruments, instruments_named
from dryfit.lab.keeper import Keeper, Serve, taken
from dryfit.lab.made import Made
from dryfit.lab.messages import Collected, Task, Wanted
from dryfit.lab.other_tests import OtherTests
from dryfit.lab.repeating import Repeating
from dryfit.lab.runner import Runner
from dryfit.lab.stopping import Stopping
from dryfit.lab.temporary import Temporary
from dryfit.resources.environment import Environment
from dryfit.weave import Weave

FIXTURES = "dryfit-fixtures"
"""The plugin name of the declared resources."""

TEMPORARY = "tmp"
"""The folder of the tests' temporary files, in a worker's own."""

BY_HAND = "dryfit-by-hand"
"""The plugin name of what explores under plain pytest."""

OFF: Mapping[str, object] = {
    "dryfit": False,
    "tbstyle": "no",
    "usepdb": False,
    "trace": False,
    "setuponly": False,
    "setupshow": False,
    "xmlpath": None,
    "numprocesses": 0,
    "dist": "no",
    "cov_source": None,
    "no_cov": True,
    "randomly_reorganize": False,
    "timeout": 0,
}
"""Options by which pytest and plugins do what a trial must not: ask, write reports, distribute, measure, end it."""


class LabPlugin:
    """Takes the place of the loop that runs the tests: here they are run as the leading process asks for them."""

    def __init__(self, line: Connection, task: Task) -> None:
        self._line = line
        self._task = task
        self._temporary = Temporary(task.home / TEMPORARY)
        self._temporary.listen()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_load_initial_conftests(self, early_config: pytest.Config) -> Generator[None, None, None]:
        """Before anybody acts upon the options."""
        self._switch_off(early_config.known_args_namespace)
        if self._task.workers > 1:
            self._call_it_a_worker(early_config)
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> Generator[None, object, object]:
        """The same, for the options have been read once more."""
        self._switch_off(config.option)
        return (yield)

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """What pytest keeps from run to run is not this run's to change; what tests ask for, the lab is asked for."""
        config.pluginmanager.set_blocked(BY_HAND)
        cache = getattr(config, "cache", None)
        if cache is not None:
            cache._cachedir = self._task.home / "cache"

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Weave what the collection has imported, and run trials."""
        weave = _weave(self._task)
        fixtures = session.config.pluginmanager.get_plugin(FIXTURES)
        resources: Environment = fixtures.environment if fixtures else Environment((), Path(), "")
        made = Made(self._task.config.root, self._task.journal)
        runner = self._runner(session, weave, resources, made)
        forks = self._task.forks and _may_fork(resources)
        self._line.send(Collected(runner.tests, forks))

        def serve(line: Connection) -> None:
            if self._task.workers == 1:  # of several nobody could tell whose it is
                made.listen()
            runner.serve(line, self._task.home / "stack")

        def serve_forked(line: Connection) -> None:
            resources.resume()
            serve(line)
            resources.suspend()

        if forks:
            Keeper(self._line, serve_forked).run()
        else:
            self._be_runner(serve)
        weave.take_out()
        return True

    def _runner(self, session: pytest.Session, weave: Weave, resources: Environment, made: Made) -> Runner:
        instruments = _instruments(self._task, weave, resources, self._temporary.holds)
        weave.put_in(*instruments.probes)
        weave.weave_replaced(discover.replaced_names(weave.test_files))
        session.config.pluginmanager.register(OtherTests(session.items, instruments), "dryfit-other-tests")
        repeating = Repeating(session)
        session.config.pluginmanager.register(repeating, "dryfit-repeating")
        session.config.pluginmanager.register(Bodies(instruments.body), "dryfit-bodies")
        return Runner(session, repeating, weave, instruments, made, self._task.until)

    def _be_runner(self, serve: Serve) -> None:
        """Be the only runner that there is."""
        with suppress(EOFError, OSError):
            if isinstance(self._line.recv(), Wanted):
                serve(taken(self._line))

    def _switch_off(self, options: argparse.Namespace) -> None:
        own = {"randomly_seed": self._task.config.seed.value, "basetemp": self._task.home / TEMPORARY}
        for name, value in {**OFF, **own}.items():
            if hasattr(options, name):
                setattr(options, name, value)

    def _call_it_a_worker(self, config: pytest.Config) -> None:
        """As pytest-xdist does, so that whatever each of its workers has for itself, each of ours has."""
        config.workerinput = {  # type: ignore[attr-defined]  # of xdist
            "workerid": f"gw{self._task.number}",
            "workercount": self._task.workers,
            "testrunuid": "dryfit",
            "randomly_seed": self._task.config.seed.value,
        }


def _instruments(
    task: Task, weave: Weave, resources: Environment, is_ours: Callable[[Path], bool]
) -> Instruments:
    if task.stop is not None:
        return Stopping(weave, task.config, resources, is_ours, task.stop)
    return instruments_named(task.instruments, weave, task.config, resources, is_ours)


def _weave(task: Task) -> Weave:
    sources = discover.find_components(task.config.root, task.config.components.value)
    return Weave(task.config.root, sources.files(), sources.component_of())


def _may_fork(resources: Environment) -> bool:
    """Whether a copy of this process would be a whole one: it has no thread but the one that forks.

    If so, the resources are suspended.
    """
    if not hasattr(os, "fork") or sys.platform == "darwin" or not resources.suspend():
        return False
    if threading.active_count() == 1:
        return True
    resources.resume()
    return False
