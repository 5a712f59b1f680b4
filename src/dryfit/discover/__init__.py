"""From a project's source to its components, floors, interfaces and call sites; nothing of the project is executed."""

from dryfit.discover.consumers import consumers
from dryfit.discover.project_map import Progress, survey
from dryfit.discover.replaced import replaced_names
from dryfit.discover.revisions import changed_files, file_at, find_revision
from dryfit.discover.sources import ComponentSource, Sources, find_components

__all__ = [
    "ComponentSource",
    "Progress",
    "Sources",
    "changed_files",
    "consumers",
    "file_at",
    "find_components",
    "find_revision",
    "replaced_names",
    "survey",
]
