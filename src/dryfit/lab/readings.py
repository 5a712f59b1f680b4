"""What the databases of a trial hold, read only where something was used since."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache

from dryfit.model.digest import Digest, combine
from dryfit.model.target import Target
from dryfit.resources.digest import postgres
from dryfit.resources.digest.reader import read
from dryfit.resources.digest.sqlite import Known

Held = Mapping[Target, Digest]
"""What each target held at one time."""


class Readings:
    """Reads the targets of one trial after the other; ``live`` gives those whose use is not seen.

    ``is_kept`` says of a server's database that it is dryfit's own, which puts an end to connections itself where these
    are in its way: the one that reads it stays from trial to trial.
    """

    def __init__(
        self, live: Callable[[], Iterable[Target]], is_kept: Callable[[Target], bool] = lambda target: False
    ) -> None:
        self._live = live
        self._is_kept = cache(is_kept)
        self._known = Known()
        self._held: dict[Target, Digest] = {}
        self._touched: set[Target] = set()
        self._servers: dict[Target, Server] = {}
        self._lock = threading.RLock()

    def begin(self) -> None:
        """Forget the last trial's."""
        self.close()
        self._held, self._touched = {}, set()

    def use(self, target: Target) -> bool:
        """A target is being used; whether this is the first that was heard of it."""
        with self._lock:
            self._touched.add(target)
            return target not in self._held

    def now(self) -> Held:
        """What every target holds now."""
        with self._lock:
            live = set(self._live())
            for target in [*self._held, *self._touched, *live]:
                if target in self._touched or target in live or target not in self._held:
                    self._read(target)
            return dict(self._held)

    def read(self, target: Target) -> Digest:
        """What one target holds now; it counts as used since, for it is about to be."""
        with self._lock:
            digest = self._read(target)
            self._touched.add(target)
            return digest

    @property
    def targets(self) -> frozenset[Target]:
        """Every target that was used, or may have been."""
        with self._lock:
            return frozenset((*self._held, *self._touched, *self._live()))

    def close(self, *, kept: bool = False) -> None:
        """Close the connections of our own: a database that others are connected to cannot be dropped.

        Those that stay from trial to trial only where ``kept`` says so.
        """
        with self._lock:
            for target, server in list(self._servers.items()):
                if kept or not server.is_kept:
                    del self._servers[target]
                    server.close()

    def _read(self, target: Target) -> Digest:
        self._touched.discard(target)
        if target.kind == "sqlite":
            self._held[target] = read(target, known=self._known)
        else:
            self._held[target] = _aside(lambda: self._asked(target))
        return self._held[target]

    def _asked(self, target: Target) -> Digest:
        """What a server holds; PostgreSQL is asked whether anything was written since."""
        if target.kind != "postgres":
            return read(target)
        try:
            server = self._servers.get(target)
            if server is None:
                server = self._servers[target] = Server(target, is_kept=self._is_kept(target))
            return server.digest()
        except Exception:  # noqa: BLE001 - whatever a driver raises; the reader says what it is, or it is over
            lost = self._servers.pop(target, None)
            if lost is not None:
                lost.close()
            return read(target)


class Server:
    """A connection of our own to a PostgreSQL database, and what was last read through it."""

    def __init__(self, target: Target, *, is_kept: bool = False) -> None:
        self.is_kept = is_kept
        self._source = str(target)
        self._connection = postgres.connect(target.address)
        self._snapshot: object = None
        self._digest = Digest()

    def digest(self) -> Digest:
        """What it holds now. Raises what the driver raises."""
        snapshot = postgres.snapshot(self._connection)
        if snapshot != self._snapshot:
            self._digest = postgres.read_through(self._connection, self._source)
            self._snapshot = snapshot
        return replace(self._digest, taken=time.time())

    def close(self) -> None:
        """Close the connection, whatever state it is in."""
        with suppress(Exception):
            self._connection.close()


def _aside(call: Callable[[], Digest]) -> Digest:
    """Make a call in a thread that is in no crossing, so that what it asks of a driver is none of the program's."""
    found: list[Digest] = []
    thread = threading.Thread(target=lambda: found.append(call()), name="dryfit", daemon=True)
    contextvars.Context().run(thread.start)
    thread.join()
    return found[0]


def under_names(held: Held, name_of: Callable[[Target], str]) -> Digest:
    """One digest of all, in which every source bears the name that it has in all trials."""
    return combine(_renamed(digest, name_of(target)) for target, digest in held.items())


def _renamed(digest: Digest, name: str) -> Digest:
    return replace(
        digest,
        contents=tuple(replace(each, source=name) for each in digest.contents),
        skipped=tuple(((name, place), reason) for (_, place), reason in digest.skipped),
    )
