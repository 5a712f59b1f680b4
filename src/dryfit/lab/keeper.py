"""Forks runners, one at a time, and tells how each of them ended."""

from __future__ import annotations

import os
import select
import signal
import traceback
import warnings
from collections.abc import Callable
from contextlib import closing
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle
from typing import NoReturn

from dryfit.lab.family import die_with_parent, kill_family
from dryfit.lab.messages import Ended, Wanted

Serve = Callable[[Connection], None]


class Keeper:
    """Stays as it was right after the collection: every runner begins as a copy of this process.

    Where the leading process goes, this one kills its runner and returns.
    """

    def __init__(self, line: Connection, serve: Serve) -> None:
        self._line = line
        self._serve = serve
        self._ends, self._told = os.pipe()
        os.set_blocking(self._told, False)

    def run(self) -> None:
        """Fork a runner whenever one is wanted, until nobody holds the other end of the line."""
        die_with_parent(0)  # the runner is to be ended first, and the resources are to be given back
        handler = signal.signal(signal.SIGCHLD, lambda *_: None)
        wakeup = signal.set_wakeup_fd(self._told, warn_on_full_buffer=False)
        self._before = handler, wakeup
        try:
            while self._is_wanted():
                self._line.send(Ended(self._ended(self._forked(taken(self._line)))))
        except OSError:
            return  # the leading process is no more
        finally:
            self._as_before()

    def _is_wanted(self) -> bool:
        try:
            return isinstance(self._line.recv(), Wanted)
        except EOFError:
            return False

    def _forked(self, line: Connection) -> int:
        with closing(line), warnings.catch_warnings():
            # Threads of the project's own are the reason for not forking at all; dryfit's are over by now.
            warnings.filterwarnings("ignore", ".*fork.*", DeprecationWarning)
            return os.fork() or self._be_runner(line)

    def _be_runner(self, line: Connection) -> NoReturn:
        try:
            os.setsid()
            die_with_parent()
            self._as_before()
            self._line.close()
            self._serve(line)
        except BaseException:  # noqa: BLE001 - this copy of the process ends here, and the log says why
            traceback.print_exc()
            os._exit(1)
        os._exit(0)

    def _as_before(self) -> None:
        handler, wakeup = self._before
        signal.set_wakeup_fd(wakeup)
        signal.signal(signal.SIGCHLD, handler)
        for end in (self._ends, self._told):
            os.close(end)

    def _ended(self, pid: int) -> int:
        """Wait until the runner ends; raises ``OSError`` where the leading process goes first."""
        while True:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                kill_family(pid)  # what it has left
                return os.waitstatus_to_exitcode(status)
            readable, _, _ = select.select([self._line.fileno(), self._ends], [], [])
            if self._line.fileno() in readable:  # it says nothing while there is a runner: it has gone
                kill_family(pid)
                os.waitpid(pid, 0)
                raise BrokenPipeError
            os.read(self._ends, 64)


def taken(line: Connection) -> Connection:
    """The end of a line that was sent along."""
    return Connection(recv_handle(line))
