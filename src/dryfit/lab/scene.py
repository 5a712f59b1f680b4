"""Everything about the state of one trial: what it changed at its boundaries, did to the world, and left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dryfit.lab.names import Names
from dryfit.lab.readings import Held, Readings, under_names
from dryfit.model.crossing import Crossing
from dryfit.model.digest import Digest
from dryfit.model.probe import Probe
from dryfit.model.target import IN_MEMORY, Target
from dryfit.model.trial import Boundary, Effected, Leak, When
from dryfit.probes.effects import Effects
from dryfit.weave import Weave

Shown = tuple[tuple[Effected, ...], tuple[Boundary, ...], tuple[Leak, ...]]


@dataclass(slots=True)
class _Entry:
    """What was there before one entry crossing, and after it; ``None`` while it has not ended."""

    before: dict[Target, Digest]
    after: Held | None = None


class Scene:
    """Watches the state of one trial after the other, in the process that runs them.

    ``index`` gives the index of a crossing in its trial. ``probe`` stands behind the one that counts the crossings.
    A reading changes nothing; what cannot be read is left out of the digest, which says so.
    """

    def __init__(self, weave: Weave, project_root: Path, index: Callable[[Crossing], int]) -> None:
        self._root = project_root
        self._names = Names(project_root)
        self._readings = Readings(lambda: weave.connections.live)
        self._effects = Effects(index, weave.connections.target_of, self._name_of)
        self._wanted: int | None = None
        self._entries: dict[int, _Entry] = {}
        self._lock = threading.RLock()
        self.probe: Probe = self._effects
        weave.connections.used = self._used

    def begin(self, *, entry: int | None, when: When = "before") -> None:
        """A test's set-up is about to begin.

        ``entry`` is the one whose boundary is wanted, ``None`` wants them all; ``when`` is the experiment's.
        """
        self._wanted = entry
        self._names = Names(self._root)
        self._entries = {}
        self._readings.begin()
        self._effects.begin(when)

    def entered(self, entry: int) -> None:
        """The crossing is about to begin: this is what it finds."""
        if self._is_wanted(entry):
            with self._lock:
                self._entries[entry] = _Entry(dict(self._readings.now()))

    def left(self, entry: int) -> None:
        """The crossing has ended: this is what it leaves."""
        with self._lock:
            found = self._entries.get(entry)
            if found is not None and found.after is None:
                found.after = self._readings.now()

    def called(self) -> None:
        """The test's call is over; its teardown is about to begin."""
        self._effects.called()

    def finish(self) -> Shown:
        """What the trial showed, after the test's teardown."""
        effects = self._effects.finish()
        boundaries = tuple(
            self._boundary(number, each.before, each.after)
            for number, each in sorted(self._entries.items())
            if each.after is not None
        )
        self._entries = {}
        return effects, boundaries, ()

    def _boundary(self, entry: int, before: Held, after: Held) -> Boundary:
        """The two states of what can be named: a database in memory only where the program has used it."""
        return Boundary(entry, self._named(before), self._named(after))

    def _named(self, held: Held) -> Digest:
        told = {
            target: digest
            for target, digest in held.items()
            if not target.name.startswith(IN_MEMORY) or target in self._names
        }
        return under_names(told, self._name_of)

    def _name_of(self, target: Target) -> str:
        return self._names.name_of(target)

    def _is_wanted(self, entry: int) -> bool:
        return self._wanted is None or entry == self._wanted

    def _used(self, target: Target) -> None:
        """A connection was opened, or is being used; of one that is new to it an entry in progress notes the state."""
        is_new = self._readings.use(target)
        with self._lock:
            running = [each for each in self._entries.values() if each.after is None]
            if is_new and running:
                digest = self._readings.read(target)
                for each in running:
                    each.before.setdefault(target, digest)
