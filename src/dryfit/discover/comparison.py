"""The project's surface at a git revision beside that of the work tree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from griffe import Module

from dryfit.discover.offers import Source
from dryfit.discover.project_map import survey
from dryfit.discover.references import Uses, uses
from dryfit.discover.revisions import checked_out
from dryfit.discover.sources import Sources, find_components
from dryfit.model.structure import Problem, ProjectMap
from dryfit.model.surface import Comparison, Offer, Surface
from dryfit.model.trace import Skipped


def compare_revision(root: Path, revision: str, wanted: Sequence[str], project: ProjectMap) -> Comparison:
    """Read the source as it was at ``revision``, and beside it what ``project`` is the map of.

    Raises ``UsageError`` where the revision cannot be had.
    """
    with checked_out(root, revision) as folder:
        then = survey(folder, wanted)
        old = _Reader(find_components(folder, wanted), then)
        new = _Reader(find_components(root, wanted), project)
        asked = {*old.used, *new.used}
        before, after = old.surface(asked), new.surface(asked)
    skipped = [Skipped(f"DF205 {each.what} at {revision}", each.reason) for each in before.unread]
    skipped += [Skipped(f"DF205 {each.what}", each.reason) for each in after.unread]
    return Comparison(revision, before, after, tuple(skipped))


class _Reader:
    """One side of the comparison."""

    def __init__(self, sources: Sources, project: ProjectMap) -> None:
        self._sources = sources
        self._project = project
        self._source = Source(sources, project.interfaces)
        self._own = {offer.name: offer for offer in self._source.definitions()}
        self._uses = self._read()
        self.calls = tuple(
            sorted({*project.call_sites, *(call for each in self._uses for call in each.calls)}, key=str)
        )
        self.used = {call.callable for call in self.calls} | {
            reference.name for each in self._uses for reference in each.references
        }

    def surface(self, asked: set[str]) -> Surface:
        """What is offered under the names that either side uses, and all else that components define."""
        component_of = self._sources.component_of()
        looked = [self._source.offer(name) for name in sorted(asked) if _is_ours(name, component_of)]
        offers = self._own | {offer.name: offer for offer in looked if offer is not None}
        return Surface(
            tuple(offers[name] for name in sorted(offers)),
            self.calls,
            tuple(sorted({reference for each in self._uses for reference in each.references})),
            frozenset(name for each in self._uses for name in each.names),
            frozenset(name for each in self._uses for name in each.reads),
            tuple(sorted({Skipped(each.place.file, each.message) for each in self._unread()})),
        )

    def _unread(self) -> list[Problem]:
        return [each for each in self._project.problems if each.message.endswith("it is left out")]

    def _read(self) -> list[Uses]:
        component_of = self._sources.component_of()
        properties = _unique_properties(self._own)
        found = []
        for module in (module for each in self._sources.components for module in each.modules):
            tree = self._source.look(module.name)
            if isinstance(tree, Module):
                text = (Path(self._sources.root) / module.file).read_bytes()
                with suppress(SyntaxError, RecursionError):  # told by discover
                    found.append(uses(text, tree, module.file, self._source, component_of, properties))
        return found


def _unique_properties(offers: Mapping[str, Offer]) -> dict[str, str]:
    """The properties by the last part of their names, without those that are not the only one of their name."""
    counted = Counter(name.rpartition(".")[2] for name in offers)
    return {
        tail: name
        for name, offer in offers.items()
        if offer.form == "property" and counted[tail := name.rpartition(".")[2]] == 1
    }


def _is_ours(name: str, component_of: Mapping[str, str]) -> bool:
    tops = {module.partition(".")[0] for module in component_of}
    return name.partition(".")[0] in tops
