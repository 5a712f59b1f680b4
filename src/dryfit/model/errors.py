"""What dryfit says when it cannot go on."""


class DryfitError(Exception):
    """Something that the user can mend: what happened, where, and what to do, in one line each.

    ``slug`` names the page in the documentation; ``problems`` holds every line when several came together.
    """

    def __init__(self, *problems: str, slug: str = "usage") -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
        self.slug = slug


class UsageError(DryfitError):
    """Wrong usage or configuration: exit status 2."""


class StoreError(DryfitError):
    """The run file cannot be read or written."""


class ResourceError(DryfitError):
    """A resource cannot be had, or must not be touched."""


class LabError(DryfitError):
    """Trials cannot be run."""
