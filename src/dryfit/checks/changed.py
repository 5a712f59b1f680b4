"""Puts first what has to do with files that have changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace

from dryfit.checks.names import plain
from dryfit.model.structure import ProjectMap
from dryfit.model.trial import Experiment, Proposed, Trial

Plan = Callable[[Trial], Iterable[Proposed]]

LATER = 100
"""Is added to the rank of what nothing has changed of: more than any plan's own ranks."""


class ChangedFirst:
    """A plan that comes first where the failing call, its callee, an operation or the test stands in one of ``files``.

    ``files`` are relative to the project's root.
    """

    def __init__(self, plan: Plan, files: Collection[str], project: ProjectMap) -> None:
        self._plan = plan
        self._files = files
        self._modules = {
            module.name: module.file for component in project.components for module in component.modules
        }

    def plan(self, baseline: Trial) -> tuple[Proposed, ...]:
        """The experiments of one test, the others with a rank so high that they come after all of these."""
        return tuple(
            each if self._has_changed(each) else replace(each, rank=each.rank + LATER)
            for each in self._plan(baseline)
        )

    def is_later(self, test: str) -> bool:
        """Whether a test stands in a file that is as it was."""
        return _file_of_test(test) not in self._files

    def _has_changed(self, proposed: Proposed) -> bool:
        return not set(self._places(proposed)).isdisjoint(self._files)

    def _places(self, proposed: Proposed) -> Iterator[str]:
        """The files in which that stands which is tried."""
        yield _file_of_test(proposed.test)
        if isinstance(proposed, Experiment):
            yield proposed.point.site.file
            yield self._file_of(plain(proposed.point.seam.callable))
        else:
            yield from map(_file_of_test, proposed.others)
            yield from (
                self._file_of(plain(each.seam.callable))
                for each in proposed.operations
                if each.seam is not None
            )

    def _file_of(self, name: str) -> str:
        """The file of the module in which a callable stands; "" where it is a library's."""
        while name and name not in self._modules:
            name = name.rpartition(".")[0]
        return self._modules.get(name, "")


def _file_of_test(test: str) -> str:
    return test.partition("::")[0]
