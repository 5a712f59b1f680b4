"""From a project's source to its components, floors, interfaces and call sites; nothing of the project is executed."""

from dryfit.discover.project_map import Progress, survey
from dryfit.discover.revisions import find_revision
from dryfit.discover.sources import ComponentSource, Sources, find_components

__all__ = ["ComponentSource", "Progress", "Sources", "find_components", "find_revision", "survey"]
