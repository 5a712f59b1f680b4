"""A worker and its runner, as the leading process sees them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection, Pipe, wait
from multiprocessing.reduction import send_handle
from pathlib import Path

from dryfit.lab import stacks
from dryfit.lab.family import kill_family
from dryfit.lab.made import take_away
from dryfit.lab.messages import Answer, Collected, Ended, Enough, Fired, Ready, Request, Task, Wanted
from dryfit.model.errors import LabError
from dryfit.model.interleaving import Overlap
from dryfit.model.trial import Proposed, Trial

END_SECONDS = 5.0
"""So long a runner may take to tear its session down, and a worker to give its resources back."""

START_SECONDS = 60.0
"""So long a runner may take to begin."""

EXPLORATION_SECONDS = 20.0
"""So much longer may it take to explore an overlap, which runs its operations many times."""

LOG_TAIL = 2000


class Stopped(Exception):  # noqa: N818 - it is no error
    """The user has broken off."""


class RemoteWorker:
    """Starts a worker process, has it fork runners, and runs trials in them.

    ``stop`` becomes readable when everything is to end at once. Not for more than one thread at a time.
    """

    def __init__(self, task: Task, log: Path, stop: Connection) -> None:
        self._task = task
        self._log = log
        self._stop = stop
        self._process: subprocess.Popen[bytes] | None = None
        self._runner: Connection | None = None
        self._forks = True
        self.tests: tuple[str, ...] = ()
        self.settled: set[str] = set()

    @property
    def has_runner(self) -> bool:
        """Whether the runner of the last trial takes another one."""
        return self._runner is not None

    def start(self) -> None:
        """Start the process, which collects the tests; raises ``LabError`` with the end of its log where it cannot."""
        self._task.home.mkdir(parents=True, exist_ok=True)
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._line, theirs = Pipe()
        is_apart = self._task.stop is None  # else its debugger needs the terminal
        with self._log.open("wb") as log, theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "dryfit.lab.worker", str(theirs.fileno())],
                env=_environment(self._task),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL if is_apart else None,
                stdout=log if is_apart else None,
                stderr=log if is_apart else None,
                start_new_session=is_apart,  # Ctrl-C is for the leading process alone
            )
        with suppress(OSError):  # its end is told below
            self._line.send(self._task)
        found = self._heard(self._line, None)
        if not isinstance(found, Collected):
            status = self._process.wait()
            raise LabError(
                f"the lab: pytest ended with status {status} before it had collected the tests: see {self._log},"
                f" which ends with:\n{_tail(self._log)}",
                slug="lab",
            )
        self.tests, self._forks = found.tests, found.forks

    def trial(self, test: str, experiment: Proposed | None, limit: float, *, brief: bool = False) -> Trial:
        """Run a test for ``limit`` seconds at most; ``brief`` says that its outcome and its crossings are enough.

        An overlap has ``EXPLORATION_SECONDS`` more when its operations are reached, with a budget of its own whenever
        they are. One that does not end by then is a hang, one that ends its process a crash; the next trial gets
        another runner. Where the user breaks off an exploration answers at once.
        Raises ``LabError`` where there can be no runner, ``Stopped`` where the user breaks off anything else.
        """
        runner = self._runner or self._begin_runner()
        begun = time.monotonic()
        deadline = begun + limit
        fired = False
        with suppress(OSError):  # it has ended meanwhile, and is found to have
            runner.send(Request(test, experiment, brief))
        while True:
            try:
                said = self._heard(runner, deadline)
            except Stopped:
                if not (fired and isinstance(experiment, Overlap)):
                    raise
                said = self._last_words(runner)
            if isinstance(said, Fired):
                if isinstance(experiment, Overlap):
                    deadline = _later(deadline, limit, experiment, is_first=not fired)
                fired = True
            elif isinstance(said, Answer):
                if said.worn:
                    self.renew()
                return said.trial
            elif said is None:
                return self._hung(Trial(test, experiment, "hang", deadline - begun, fired=fired))
            else:
                seconds = time.monotonic() - begun
                return self._crashed(Trial(test, experiment, "crash", seconds, fired=fired))

    def _last_words(self, runner: Connection) -> object:
        """What the exploration in progress has shown by now; raises ``Stopped`` where it does not say so."""
        deadline = time.monotonic() + END_SECONDS
        with suppress(OSError, EOFError):
            runner.send(Enough())
            while runner.poll(max(deadline - time.monotonic(), 0)):
                if isinstance(said := runner.recv(), Answer):
                    return said
        raise Stopped

    def renew(self) -> None:
        """Let the next trial have a runner in which nothing has run yet."""
        if self._runner is not None:
            self._runner.close()
            self._wait_for_end()

    def close(self) -> None:
        """End everything in good order, or else by force."""
        self.renew()
        if self._process is not None:
            self._worker_ended()

    # The runner.

    def _begin_runner(self) -> Connection:
        if self._process is None:
            self.start()
        ours, theirs = Pipe()
        assert self._process is not None
        try:
            self._line.send(Wanted())
            send_handle(self._line, theirs.fileno(), self._process.pid)
        except OSError:
            raise self._failed() from None
        finally:
            theirs.close()
        said = self._heard(ours, time.monotonic() + START_SECONDS)
        if not isinstance(said, Ready):
            raise self._failed()
        self._ready, self._runner = said, ours
        return ours

    def _failed(self) -> LabError:
        return LabError(
            f"the lab: a process for the trials did not begin: see {self._log}, which ends with:\n{_tail(self._log)}",
            slug="lab",
        )

    def _heard(self, line: Connection, deadline: float | None) -> object:
        """What comes on a line, ``EOFError`` (the class) where its other end is closed, ``None`` where time is up."""
        others = [self._stop] if line is self._line else [self._stop, self._line]
        left = None if deadline is None else max(deadline - time.monotonic(), 0)
        ready = wait([line, *others], left)
        if self._stop in ready:
            raise Stopped
        if not ready:
            return None
        # The worker may tell of the end before the runner's last words are read.
        if line in ready or line.poll():
            try:
                return line.recv()
            except (EOFError, OSError):
                return EOFError
        return EOFError

    def _hung(self, trial: Trial) -> Trial:
        ready = self._ready
        stack = stacks.ask(ready.pid, ready.stack, self._task.config.root)
        kill_family(ready.pid)
        self._wait_for_end()
        return replace(trial, stack=stack)

    def _crashed(self, trial: Trial) -> Trial:
        code = self._wait_for_end()
        return replace(trial, failure=_in_words(code))

    def _wait_for_end(self) -> int:
        """Forget the runner when it is over, and what it had no time to take away; its exit code."""
        assert self._runner is not None
        self._runner.close()
        self._runner = None
        self.settled.clear()
        code = self._ended() if self._forks else self._worker_ended()
        take_away(self._task.journal)
        return code

    def _ended(self) -> int:
        deadline = time.monotonic() + END_SECONDS
        while True:
            try:
                said = self._line.recv() if self._line.poll(max(deadline - time.monotonic(), 0)) else None
            except (EOFError, OSError):
                return self._worker_ended()
            if isinstance(said, Ended):
                return said.code
            kill_family(self._ready.pid)
            deadline = time.monotonic() + END_SECONDS

    def _worker_ended(self) -> int:
        """The worker is over, or is to be: the next runner needs another one."""
        process, self._process = self._process, None
        assert process is not None
        self._line.close()
        try:
            return process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            kill_family(process.pid)
            return process.wait()


def _later(deadline: float, limit: float, overlap: Overlap, *, is_first: bool) -> float:
    """Until when the operations of an overlap, which are reached now, are waited for."""
    if overlap.budget:
        return max(deadline, time.monotonic() + limit + EXPLORATION_SECONDS)
    return deadline + EXPLORATION_SECONDS if is_first else deadline


def _environment(task: Task) -> Mapping[str, str]:
    """That of the leading process, as a worker of pytest-xdist has it where there are several."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST_")}
    inherited.setdefault("PYTHONHASHSEED", str(task.config.seed.value % (1 << 32)))
    if task.workers > 1:
        inherited["PYTEST_XDIST_WORKER"] = f"gw{task.number}"
        inherited["PYTEST_XDIST_WORKER_COUNT"] = str(task.workers)
    return inherited


def _in_words(code: int) -> str:
    if code < 0:
        with suppress(ValueError):
            return f"killed by {signal.Signals(-code).name}"
    return f"the process ended with status {code}"


def _tail(log: Path) -> str:
    with suppress(OSError):
        return log.read_bytes()[-LOG_TAIL:].decode(errors="replace").strip() or "(nothing)"
    return "(it cannot be read)"
