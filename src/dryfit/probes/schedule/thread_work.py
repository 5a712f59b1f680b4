"""Notices that tasks hand work to threads: these can take turns only where operations have threads of their own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from dryfit.probes.schedule.guests import RunsSync, RunSync
from dryfit.probes.schedule.task_lane import WORKER

_POOL: Any = ThreadPoolExecutor
_OF_LOOPS = (socket.getaddrinfo, socket.getnameinfo)
"""What event loops themselves have threads do."""


class ThreadWork:
    """Calls ``found`` in place of handing over an operation's work; the task that waits for it is to be cancelled."""

    def __init__(self, found: Callable[[], object]) -> None:
        self._found = found
        self._runs = RunsSync(self._instead_of)
        self._submit = _POOL.submit

    def put_in(self) -> None:
        """Have it noticed."""
        self._runs.put_in()
        self._submit, _POOL.submit = _POOL.submit, self._governed(_POOL.submit)

    def take_out(self) -> None:
        """Leave all as it was."""
        _POOL.submit = self._submit
        self._runs.take_out()

    def _instead_of(self, really: RunSync) -> RunSync:
        found = self._found

        async def run_sync(cls: Any, *values: Any, **options: Any) -> Any:
            if WORKER.get() < 0:
                return await really(cls, *values, **options)
            found()
            return await asyncio.get_running_loop().create_future()

        return run_sync

    def _governed(self, really: Callable[..., Future[Any]]) -> Callable[..., Future[Any]]:
        found = self._found

        def submit(pool: Any, function: Callable[..., Any], /, *values: Any, **options: Any) -> Future[Any]:
            if WORKER.get() < 0 or function in _OF_LOOPS:
                return really(pool, function, *values, **options)
            found()
            return Future()

        return submit
