"""Runs trials in the process in which it lives: takes one request after the other, and answers it."""

from __future__ import annotations

import gc
import os
import select
import threading
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from _pytest.outcomes import Exit

from dryfit.lab.instruments import Instruments
from dryfit.lab.made import Made
from dryfit.lab.marked import wishes
from dryfit.lab.messages import Answer, Enough, Fired, Ready, Request
from dryfit.lab.repeating import Repeating, described
from dryfit.lab.stacks import answering
from dryfit.lab.surroundings import Surroundings
from dryfit.model.clock import Clock
from dryfit.model.interleaving import Overlap
from dryfit.model.trial import Trial, TrialOutcome
from dryfit.weave import Weave

MOST_FILES = 100
MOST_THREADS = 20
"""So much more than at its beginning may be left open, or running, in a runner before it is replaced."""


class Runner:
    """Repeats the tests of one pytest session, for whoever holds the other end of ``line``.

    ``until`` is the time at which explorations end that have a budget of their own.
    """

    def __init__(
        self,
        session: pytest.Session,
        repeating: Repeating,
        weave: Weave,
        instruments: Instruments,
        made: Made,
        until: float,
    ) -> None:
        self._items: dict[str, pytest.Item] = {}
        for item in session.items:
            self._items.setdefault(item.nodeid, item)
        self._repeating = repeating
        self._weave = weave
        self._instruments = instruments
        self._made = made
        self._until = until
        self._spoken_to = select.poll()
        self._sending = threading.Lock()
        self._failures = 0
        self._trial = Trial("", None, "cut off", 0.0)
        self._is_brief = False

    @property
    def tests(self) -> tuple[str, ...]:
        """The tests that it can run."""
        return tuple(self._items)

    def serve(self, line: Connection, stack: Path) -> None:
        """Answer requests until nobody holds the other end of the line, or a trial has worn this process out."""
        self._line, self._pid = line, os.getpid()
        self._spoken_to.register(line.fileno(), select.POLLIN)
        self._files, self._threads = _open_files(), threading.active_count()
        self._surroundings = Surroundings.now()
        with answering(stack):
            line.send(Ready(self._pid, stack))
            with suppress(EOFError, OSError):  # the leading process is done with this runner, or is no more
                while not self._heed(line.recv()):
                    pass
            self._repeating.tear_down_session()

    def _heed(self, said: Request | Enough) -> str:
        """Run a trial and tell what it showed; returns why this process can run no more."""
        if isinstance(said, Enough):  # it has crossed the answer
            return ""
        worn = self._run(said)
        if os.getpid() != self._pid:
            os._exit(0)  # a copy of this process that the test has forked, and that came back from it
        worn = worn or self._worn_out()
        with self._sending:
            self._line.send(Answer(self._trial, worn))
        return worn

    def _run(self, request: Request) -> str:
        self._trial = Trial(request.test, request.experiment, "cut off", 0.0)
        self._is_brief = request.brief
        item = self._items.get(request.test)
        if item is None:
            self._trial = replace(self._trial, void="this worker did not collect the test")
            return ""
        if request.experiment is None:
            fixtures = tuple(getattr(item, "fixturenames", ()))
            self._trial = replace(self._trial, wishes=wishes(item), fixtures=fixtures)
        worn = ""
        ended: TrialOutcome
        self._made.begin(undisturbed=request.experiment is None)
        try:
            ended, said = self._run_once(item)
            while self._instruments.wants_more:
                ended, said = self._run_once(item)
        except (Exit, KeyboardInterrupt) as error:
            ended, said = "failed", described(error)
            worn = self._torn_down()
        except Exception as error:  # noqa: BLE001 - pytest or a plugin was broken by the test
            ended, said = "crash", f"pytest broke off: {described(error)}"
            worn = said
        self._settle(ended, said)
        return worn

    def _run_once(self, item: pytest.Item) -> tuple[TrialOutcome, str]:
        steps = self._instruments
        return self._repeating.run(item, self._begin, steps.called, self._end, calling=steps.calling)

    def _begin(self) -> None:
        self._failures = len(self._weave.failures)
        self._weave.begin_test(self._trial.test)
        self._begun = Clock.perf_counter()
        self._instruments.begin(
            self._trial.test,
            self._trial.experiment,
            self._fired,
            brief=self._is_brief,
            has_enough=self._has_enough,
        )

    def _end(self) -> None:
        seconds = Clock.perf_counter() - self._begun
        try:
            self._trial = self._instruments.end(replace(self._trial, seconds=seconds))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not the user's
            self._trial = replace(
                self._trial, seconds=seconds, void=f"dryfit failed: {described(error)}; please report it"
            )

    def _has_enough(self) -> bool:
        """Whether time is up for a budget of its own, or the leading process wants an answer, or is no more."""
        wanted = self._trial.experiment
        is_late = isinstance(wanted, Overlap) and wanted.budget > 0 and Clock.monotonic() > self._until
        return is_late or bool(self._spoken_to.poll(0))

    def _fired(self) -> None:
        if os.getpid() == self._pid:
            self._trial = replace(self._trial, fired=True)
            with self._sending:
                self._line.send(Fired())

    def _settle(self, ended: TrialOutcome, said: str) -> None:
        """Add how the test ended; leave the process as a trial found it, or know how a baseline leaves it."""
        self._made.end()
        failures = self._weave.failures[self._failures :]
        self._trial = replace(
            self._trial, outcome=ended, failure=said, void=self._trial.void or "; ".join(failures)
        )
        if self._trial.experiment is None:
            self._surroundings = Surroundings.now()  # fixtures of the session may have set variables
        else:
            self._surroundings.put_back()

    def _torn_down(self) -> str:
        try:
            self._repeating.tear_down()
        except BaseException as error:  # noqa: BLE001 - it is the user's
            return f"its teardown failed: {described(error)}"
        return ""

    def _worn_out(self) -> str:
        """Whether this process has become another one than it was when it began."""
        if len(self._weave.failures) > self._failures:
            return "a probe was switched off"
        if threading.active_count() > self._threads + MOST_THREADS:
            return "threads were left running"
        if _open_files() > self._files + MOST_FILES:
            gc.collect()
            if _open_files() > self._files + MOST_FILES:
                return "files were left open"
        return ""


def _open_files() -> int:
    """How many files this process has open; none where the system does not say, and very many where it cannot."""
    try:
        return len(os.listdir("/proc/self/fd"))
    except FileNotFoundError:
        return 0
    except OSError:
        return 1 << 20
