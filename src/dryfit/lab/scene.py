"""Everything about the state of one trial: what it changed at its boundaries, did to the world, and left behind."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from dryfit.lab import files, leaks, memory, outboxes, standing
from dryfit.lab.closing import Closing
from dryfit.lab.files import Found
from dryfit.lab.leaks import Leftovers
from dryfit.lab.loop_tasks import LoopTasks
from dryfit.lab.names import Names
from dryfit.lab.readings import Held, Readings, under_names
from dryfit.lab.standing import Standing
from dryfit.model.crossing import Crossing
from dryfit.model.digest import Cells, Digest, combine
from dryfit.model.outcome import Outcome
from dryfit.model.probe import Probe
from dryfit.model.target import IN_MEMORY, Target
from dryfit.model.trial import Boundary, Effected, Hold, Leak
from dryfit.probes.effects import Effects
from dryfit.probes.memory import Holding, Memory, Objects
from dryfit.probes.sends import Described
from dryfit.weave import Weave

Shown = tuple[tuple[Effected, ...], tuple[Boundary, ...], tuple[Leak, ...]]


@dataclass(slots=True)
class _Entry:
    """What was there before one entry crossing, and after it; ``None`` while it has not ended.

    ``objects`` are those whose state in memory it found, ``counting`` those among them that count by its end;
    ``files`` are those that were opened for writing, as they were before; ``sent`` is what had been sent.
    """

    before: dict[Target, Digest]
    objects: Objects
    held: Holding
    standing: standing.Held
    things: frozenset[leaks.Thing]
    sent: tuple[Described, ...]
    files: dict[Path, Cells | None] = field(default_factory=dict)
    files_after: Found = field(default_factory=dict)
    after: Held | None = None
    sent_after: tuple[Described, ...] = ()
    holds: Holding = field(default_factory=Holding)
    counting: Collection[int] = ()
    taken: float = 0.0


class Scene:
    """Watches the state of one trial after the other, in the process that runs them.

    ``index`` gives the index of a crossing in its trial, ``has_written`` says of a connection that is in a transaction
    whether others may have to wait for it, ``repeats`` how often a client did again in a crossing what it had done,
    ``is_own`` of a database that it is one of the declared resources.
    ``probe`` stands behind the one that counts the crossings.
    A reading changes nothing; what cannot be read is left out of the digest, which says so.
    """

    def __init__(
        self,
        weave: Weave,
        project_root: Path,
        index: Callable[[Crossing], int],
        has_written: Callable[[object], bool] = lambda connection: True,
        repeats: Callable[[Crossing], int] = lambda crossing: 0,
        is_own: Callable[[Target], bool] = lambda target: False,
    ) -> None:
        self._root = project_root
        self._names = Names(project_root)
        self._readings = Readings(lambda: weave.connections.live, is_own)
        self._effects = Effects(index, weave.connections.target_of, self._name_of, repeats)
        self._modules = _Modules(weave)
        self._memory = Memory(self._modules)
        self._standing = Standing(
            weave.connections,
            self._memory,
            self._name_of,
            lambda file: weave.component_of(file) is not None,
            weave.place_in,
        )
        self._weave = weave
        self._has_written = has_written
        self._loop_tasks = LoopTasks()
        self._leftovers = Leftovers(weave, self._loop_tasks)
        self._closing = Closing(lambda loop: self._leftovers.closing(loop))
        self._wanted: int | None = None
        self._is_over = True
        self._entries: dict[int, _Entry] = {}
        self._lock = threading.RLock()
        self._about_to_enter = threading.local()
        self.probe: Probe = _SceneProbe(
            self._effects, self._memory, self._standing, self._enter, self.opening
        )
        weave.connections.used = self._used

    def begin(self, *, entry: int | None) -> None:
        """A test's set-up is about to begin; ``entry`` is the one whose boundary is wanted, ``None`` wants them all."""
        self._wanted = entry
        self._is_over = False
        self._names = Names(self._root)
        self._entries = {}
        self._readings.begin()
        self._effects.begin()
        self._memory.begin()
        self._standing.begin()
        self._leftovers = Leftovers(self._weave, self._loop_tasks)
        self._loop_tasks.begin()
        self._closing.begin()
        gc.freeze()  # what was there before is none of the trial's garbage: a collection has little to go through

    def entered(self, entry: int) -> None:
        """The crossing is about to begin: as soon as ``probe`` has seen it, what it finds is read."""
        if self._is_wanted(entry):
            self._about_to_enter.entry = entry

    def left(self, entry: int, *, closing: bool = True) -> None:
        """The crossing has ended: this is what it leaves. ``closing`` says that nothing is read again soon."""
        with self._lock:
            found = self._entries.get(entry)
            if found is not None and found.after is None:
                with self._memory.moment():
                    self._standing.left(found.standing, found.objects)
                    found.holds = self._memory.hold(found.objects)
                self._leftovers.left(found.things)
                found.counting = self._memory.counting(found.objects)
                found.files_after = {path: files.look(path) for path in found.files}
                found.sent_after = self._effects.sent()
                found.taken = time.time()
                found.after = self._readings.now()
                if closing and all(each.after is not None for each in self._entries.values()):
                    self._readings.close()

    def _enter(self) -> None:
        """Read what the entry finds that this thread is about to begin."""
        entry = getattr(self._about_to_enter, "entry", None)
        if entry is None:
            return
        self._about_to_enter.entry = None
        with self._lock, self._memory.moment():
            objects = self._memory.objects()
            held = self._memory.hold(objects)
            self._entries[entry] = _Entry(
                dict(self._readings.now()),
                objects,
                held,
                self._standing.now(),
                self._leftovers.now(),
                self._effects.sent(),
            )

    def holding(self) -> tuple[Hold, ...]:
        """What is held now that was not when the entry in progress began."""
        with self._lock:
            running = [each.standing for each in self._entries.values() if each.after is None]
            return self._standing.held_since(running[-1], self._has_written) if running else ()

    def inherits(self, connection: object) -> bool:
        """Whether a connection was in a transaction already when the entry in progress began."""
        with self._lock:
            running = [each.standing for each in self._entries.values() if each.after is None]
            return any(each.is_in_transaction(connection) for each in running)

    # For operations that run at once, again and again, from one state.

    def use(self, target: Target) -> None:
        """A database is used, or will be."""
        self._readings.use(target)

    def enter(self, number: int) -> None:
        """Read now what is there, as for an entry of this number."""
        self._about_to_enter.entry = number
        self._enter()

    def boundary(self, number: int) -> Boundary:
        """What is there now, beside what ``enter`` found."""
        self.left(number, closing=False)
        entry = self._entries[number]
        found = self._boundary(number, entry, entry.after or {})
        entry.after = None
        return found

    def forget(self, number: int) -> None:
        """No more is asked of this number."""
        self._entries.pop(number, None)
        self._readings.close()

    @property
    def modules(self) -> Mapping[str, ModuleType]:
        """The components' modules that are loaded."""
        return self._modules()

    @property
    def objects(self) -> list[object]:
        """Those that are compared: of the components' classes, as far as the test has come."""
        return self._memory.alive(self._memory.objects())

    @property
    def targets(self) -> frozenset[Target]:
        """Every database that the test has used up to now."""
        return self._readings.targets

    def called(self) -> None:
        """The test's call is over; its teardown is about to begin."""
        if not self._is_over:
            self._is_over = True
            self._effects.called()
            self._standing.called()

    def finish(self) -> Shown:
        """What the trial showed, after the test's teardown."""
        self.called()
        self._closing.end()
        self._loop_tasks.end()
        self._readings.close()
        effects = self._effects.finish()
        boundaries = tuple(
            self._boundary(number, each, each.after)
            for number, each in sorted(self._entries.items())
            if each.after is not None
        )
        self._entries = {}
        left = (*self._standing.leaks(), *self._leftovers.leaks())
        gc.unfreeze()
        return effects, boundaries, left

    def _boundary(self, number: int, entry: _Entry, after: Held) -> Boundary:
        """The two states of what can be named: a database in memory only where the program has used it."""
        before, now = memory.digests(
            entry.held.places(entry.counting),
            entry.holds.places(entry.counting, entry.held.unset),
            entry.held.skipped | entry.holds.skipped,
            entry.taken,
        )
        return Boundary(
            number,
            combine(
                [
                    self._named(entry.before),
                    files.digest(entry.files, self._names.of_file),
                    outboxes.digest(entry.sent),
                    before,
                ]
            ),
            combine(
                [
                    self._named(after),
                    files.digest(entry.files_after, self._names.of_file),
                    outboxes.digest(entry.sent_after),
                    now,
                ]
            ),
        )

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

    def opening(self, crossing: Crossing) -> None:
        """Note what is in a file that is about to be opened for writing."""
        path = files.opened(crossing)
        if path is None:
            return
        with self._lock:
            for each in self._entries.values():
                if each.after is None and path not in each.files and len(each.files) < files.MOST_FILES:
                    each.files[path] = files.look(path)


class _SceneProbe:
    """The log of effects and the knowledge of what is in memory.

    ``enter`` is called when both have seen a crossing, ``opening`` with one that may open a file.
    """

    def __init__(
        self,
        effects: Effects,
        memory: Memory,
        standing: Standing,
        enter: Callable[[], None],
        opening: Callable[[Crossing], None],
    ) -> None:
        self._effects = effects
        self._memory = memory
        self._standing = standing
        self._enter = enter
        self._opening = opening

    def before(self, crossing: Crossing) -> None:
        """Look at a crossing."""
        self._effects.before(crossing)
        self._memory.before(crossing)
        self._standing.see(crossing)
        self._enter()
        self._opening(crossing)

    def after(self, crossing: Crossing, outcome: Outcome) -> Outcome:
        """Log what was done."""
        self._memory.after(crossing, outcome)
        return self._effects.after(crossing, outcome)


class _Modules:
    """Finds the components' modules that are loaded; each module is looked at once."""

    def __init__(self, weave: Weave) -> None:
        self._weave = weave
        self._others: set[str] = set()

    def __call__(self) -> Mapping[str, ModuleType]:
        found = {}
        for name in sys.modules.keys() - self._others:
            module = sys.modules.get(name)
            file = getattr(module, "__file__", None)
            if module is not None and type(file) is str and self._weave.component_of(file) is not None:
                found[name] = module
            else:
                self._others.add(name)
        return found
