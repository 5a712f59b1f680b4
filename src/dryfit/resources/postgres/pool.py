"""Drops used databases and lays fresh copies aside, in the background, while tests run."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Endpoint
from dryfit.resources.postgres import databases
from dryfit.resources.postgres.connect import connect, driver

if TYPE_CHECKING:
    from dryfit.resources.postgres.connect import Connection

    Job = Callable[[Connection], None]


class Pool:
    """Ready copies of one seeded database. Its thread and its connection start with the first job."""

    def __init__(self, endpoint: Endpoint, maintenance: str, token: str, seed: str) -> None:
        self._endpoint, self._maintenance = endpoint, maintenance
        self._token, self._seed = token, seed
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def fill(self) -> None:
        """Lay one more copy aside."""
        self._put(lambda connection: databases.fill_pool(connection, self._token, self._seed))

    def discard(self, name: str) -> None:
        """Drop a database that nobody is connected to any more."""
        self._put(lambda connection: databases.drop(connection, name, self._token))

    def close(self) -> None:
        """Finish what has been begun."""
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join()
            self._thread = None

    def _put(self, job: Job) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="dryfit-postgres-pool", daemon=True)
            self._thread.start()
        self._jobs.put(job)

    def _run(self) -> None:
        # Whatever goes wrong here costs time, not truth: where no copy is ready, one is made when it is needed.
        try:
            connection = connect(self._endpoint, self._maintenance)
        except ResourceError:
            return
        with connection:
            while job := self._jobs.get():
                try:
                    job(connection)
                except (driver().Error, ResourceError):
                    continue
