"""From a project's source to its components, floors, interfaces and call sites; nothing of the project is executed."""

from dryfit.discover.sources import ComponentSource, Sources, find_components
from dryfit.discover.survey import Progress, survey

__all__ = ["ComponentSource", "Progress", "Sources", "find_components", "survey"]
