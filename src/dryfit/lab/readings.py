"""What the databases of a trial hold, read only where something was used since."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from dryfit.model.digest import Digest, combine
from dryfit.model.target import Target
from dryfit.resources.digest.reader import read
from dryfit.resources.digest.sqlite import Known

Held = Mapping[Target, Digest]
"""What each target held at one time."""

_UNREADABLE = "something failed while it was read"


class Readings:
    """Reads the targets of one trial after the other; ``live`` gives those whose use is not seen."""

    def __init__(self, live: Callable[[], Iterable[Target]]) -> None:
        self._live = live
        self._known = Known()
        self._held: dict[Target, Digest] = {}
        self._touched: set[Target] = set()
        self._lock = threading.RLock()

    def begin(self) -> None:
        """Forget the last trial's."""
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

    def _read(self, target: Target) -> Digest:
        self._touched.discard(target)
        found = [Digest(skipped=(((str(target), ""), _UNREADABLE),))]

        def look() -> None:
            found.append(read(target, known=self._known))

        if target.kind == "sqlite":
            look()
        else:
            _aside(look)
        self._held[target] = found[-1]
        return found[-1]


def _aside(call: Callable[[], None]) -> None:
    """Make a call in a thread that is in no crossing, so that what it asks of a driver is none of the program's."""
    thread = threading.Thread(target=call, name="dryfit", daemon=True)
    contextvars.Context().run(thread.start)
    thread.join()


def under_names(held: Held, name_of: Callable[[Target], str]) -> Digest:
    """One digest of all, in which every source bears the name that it has in all trials."""
    return combine(_renamed(digest, name_of(target)) for target, digest in held.items())


def _renamed(digest: Digest, name: str) -> Digest:
    return replace(
        digest,
        contents=tuple(replace(each, source=name) for each in digest.contents),
        skipped=tuple(((name, place), reason) for (_, place), reason in digest.skipped),
    )
