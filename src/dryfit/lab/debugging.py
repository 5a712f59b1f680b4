"""One trial in the terminal of the leading process, in a worker that shares it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Pipe
from pathlib import Path

from dryfit.lab.messages import Task
from dryfit.lab.remote import RemoteWorker
from dryfit.model.trial import Experiment, Trial

QUIET = ("-qq", "--no-header", "--no-summary")
"""For pytest: the terminal belongs to the debugger."""

A_WEEK = 7 * 24 * 3600.0
"""In seconds: whoever looks around in a debugger has no limit."""


def debugged(task: Task, experiment: Experiment, log: Path) -> Trial:
    """Run an experiment after an undisturbed run of its test; ``task`` says where to stop."""
    stop, stopping = Pipe(duplex=False)
    worker = RemoteWorker(task, log, stop)
    try:
        worker.start()
        with _interrupts_left_to_the_worker():
            worker.trial(experiment.test, None, A_WEEK, brief=True)
            return worker.trial(experiment.test, experiment, A_WEEK)
    finally:
        worker.close()
        stop.close()
        stopping.close()


@contextmanager
def _interrupts_left_to_the_worker() -> Iterator[None]:
    """Ctrl-C goes to all that share the terminal, and is meant for the debugger."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
