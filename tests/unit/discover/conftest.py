"""Small source trees to discover."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from dryfit.discover import Sources, find_components, survey
from dryfit.model.structure import CallSite, ProjectMap


@dataclass(frozen=True)
class Tree:
    """A project's source tree in a temporary folder."""

    root: Path

    def write(self, files: Mapping[str, str]) -> Tree:
        """Write ``files`` (path → source, dedented)."""
        for name, source in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(source), "utf-8")
        return self

    def found(self, *wanted: str) -> Sources:
        """Its components."""
        return find_components(self.root, wanted)

    def names(self, *wanted: str) -> list[str]:
        """The names of its components."""
        return [component.name for component in self.found(*wanted).components]

    def flat(self, **modules: str) -> ProjectMap:
        """The map of a project of flat modules."""
        return survey(self.write({f"{name}.py": source for name, source in modules.items()}).root)

    def map(self, files: Mapping[str, str], *wanted: str) -> ProjectMap:
        """The map of a project of these files."""
        return survey(self.write(files).root, wanted)

    def site(self, **modules: str) -> CallSite:
        """The one call site of a project of flat modules."""
        (site,) = self.flat(**modules).call_sites
        return site

    def called(self, **modules: str) -> list[str]:
        """What is called from one flat module to another, in order of file and line."""
        return callables(self.flat(**modules))


def callables(project: ProjectMap) -> list[str]:
    """The callables of all call sites, in order of file and line."""
    return [site.callable for site in sorted(project.call_sites, key=lambda site: site.place)]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """An empty project."""
    return Tree(tmp_path)
