"""The process that collects the tests: ``python -m dryfit.lab.worker LINE``, with a file descriptor inherited.

It is told its task on that line. It ends when nobody holds the other end.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from contextlib import suppress
from multiprocessing.connection import Connection

import pytest

from dryfit.lab.family import die_with_parent
from dryfit.lab.messages import Task
from dryfit.lab.plugin import LabPlugin


def main() -> int:
    """Run a pytest session that runs trials; its exit status."""
    die_with_parent(signal.SIGTERM)  # it may not come to listen for a while
    line = Connection(int(sys.argv[1]))
    os.set_inheritable(line.fileno(), False)
    task: Task = line.recv()
    sys.argv = ["pytest", *task.pytest_args]
    own = os.getpid()
    try:
        return int(pytest.main([*task.pytest_args], plugins=[LabPlugin(line, task)]))
    finally:
        if os.getpid() == own:  # and not a runner, which a test may have sent here with an exception
            shutil.rmtree(task.home, ignore_errors=True)
            with suppress(OSError):  # other workers have theirs there, or the leading process has removed it
                task.home.parent.rmdir()


if __name__ == "__main__":
    sys.exit(main())
