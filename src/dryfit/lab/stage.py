"""What the operations of an overlap find, to be put back after each run of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Protocol

from dryfit.lab import files
from dryfit.lab.file_rewind import FileRewind
from dryfit.model.crossing import Crossing
from dryfit.model.interleaving import Rewind
from dryfit.model.resource import Resource
from dryfit.model.target import Target
from dryfit.probes.rewind import MemoryRewind
from dryfit.resources.environment import Environment
from dryfit.resources.rewinds import Rewindable, Together, rewind_of


class Looks(Protocol):
    """Knows what the test has come to: what is compared has to be put back."""

    @property
    def targets(self) -> frozenset[Target]: ...

    @property
    def modules(self) -> Mapping[str, ModuleType]: ...

    @property
    def objects(self) -> Sequence[object]: ...


class Stage:
    """Puts back what the test has used: databases, where all of them are its own, files, and what is in memory.

    ``scene`` knows the databases that the test has used up to now, the modules of the components and objects of their
    classes; ``is_ours`` says of a file that nobody but the tests writes to it.
    """

    def __init__(
        self,
        resources: Environment,
        scene: Looks,
        is_ours: Callable[[Path], bool],
    ) -> None:
        self._resources = resources
        self._scene = scene
        self._is_ours = is_ours
        self._taken: frozenset[Target] = frozenset()
        self._rewind: Rewind = Together(())
        self._files = FileRewind(is_ours)

    @property
    def resources(self) -> tuple[Resource, ...]:
        """The declared ones that are open."""
        return self._resources.opened

    def take(self, roots: Iterable[object]) -> str:
        """Remember everything, also what ``roots`` lead to; why that cannot be, or ""."""
        self._taken = self._scene.targets
        memory = MemoryRewind([*roots, *self._scene.objects], self._scene.modules)
        self._files = FileRewind(self._is_ours)
        self._rewind = Together((*self._databases(), self._files, memory))
        return self._rewind.take()

    def opening(self, crossing: Crossing) -> None:
        """An operation may be about to open a file."""
        path = files.opened(crossing)
        if path is not None:
            self._files.opening(path)

    def back(self) -> str:
        """Put everything back; why that cannot be, or ""."""
        new = [
            each for each in self._scene.targets if each not in self._taken and not self._is_declared(each)
        ]
        return f"{new[0]} was not there when the operations began" if new else self._rewind.back()

    def _databases(self) -> Iterable[Rewind]:
        """Those that the test has used, and the declared ones that it may come to use."""
        declared = [each for each in self._resources.opened if isinstance(each, Rewindable)]
        yield from (each.rewind() for each in declared)
        for target in self._taken:
            if not self._is_declared(target):
                yield rewind_of(target, (), self._is_ours)

    def _is_declared(self, target: Target) -> bool:
        return any(isinstance(each, Rewindable) and each.serves(target) for each in self._resources.opened)
