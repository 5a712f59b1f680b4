"""Transactions that a test has left open: they would keep the data from being restored."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import cast

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Leftover
from dryfit.resources.mariadb.session import Session

END_SECONDS = 5.0
POLL_SECONDS = 0.002

# The view information_schema.innodb_trx would be easier to read, but may be a tenth of a second old.
_ACTIVE = re.compile(
    r"---TRANSACTION \d+, ACTIVE(?:(?!---TRANSACTION).)*?(?:MariaDB|MySQL) thread id (\d+)", re.DOTALL
)
_CONNECTIONS = (
    "SELECT id, command FROM information_schema.processlist WHERE db = %s AND id <> CONNECTION_ID()"
)


def end_transactions(session: Session, resource: str, database: str) -> Iterator[Leftover]:
    """End the connections that have a transaction open in the database; returns when they are gone."""
    ((_, _, status),) = session.rows("SHOW ENGINE INNODB STATUS")
    active = {int(thread) for thread in _ACTIVE.findall(str(status))}
    if not active:
        return
    open_ones = {cast(int, thread): command for thread, command in session.rows(_CONNECTIONS, [database])}
    for thread in sorted(active & open_ones.keys()):
        session.rows(f"KILL {thread}")
        change = "idle in transaction" if open_ones[thread] == "Sleep" else "transaction open"
        yield Leftover(resource, database, change, 1, (f"connection {thread}",))
    _wait_until_gone(session, database, active & open_ones.keys())


def _wait_until_gone(session: Session, database: str, threads: set[int]) -> None:
    deadline = time.monotonic() + END_SECONDS
    while threads & {cast(int, row[0]) for row in session.rows(_CONNECTIONS, [database])}:
        if time.monotonic() > deadline:
            raise ResourceError(
                f"{database}: a transaction of the test before does not end; see what it waits for",
                slug="resources",
            )
        time.sleep(POLL_SECONDS)
