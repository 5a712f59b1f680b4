"""What the kinds have in common that run inside the test process: no program, no port of ours, no provider."""

from __future__ import annotations

from pathlib import Path

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Endpoint
from dryfit.resources.kind import Container, Launch, Option


class InProcessKind:
    """Answers what a provider would ask; a kind adds ``open``."""

    has_server = False
    options: tuple[Option, ...] = ()

    def launch(self, declaration: Declaration, root: Path) -> Launch:
        """Raises ``ResourceError``."""
        raise _needs_no_provider(declaration)

    def container(self, declaration: Declaration) -> Container:
        """Raises ``ResourceError``."""
        raise _needs_no_provider(declaration)

    def is_ready(self, endpoint: Endpoint) -> bool:
        """Never: there is no server."""
        return False


def _needs_no_provider(declaration: Declaration) -> ResourceError:
    return ResourceError(
        f"{declaration.name}: {declaration.kind} runs inside the test process and needs no provider; leave the key out",
        slug="resources",
    )
