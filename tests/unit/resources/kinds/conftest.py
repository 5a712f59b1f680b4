"""Real servers for the tests of the kinds: one of each a session, started as the embedded provider does it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Endpoint
from dryfit.resources.kind import Kind
from dryfit.resources.server import attach


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Kind], Endpoint]]:
    """Starts a kind's server, once; skips the test where its programs are missing."""
    started: dict[int, Endpoint] = {}
    with ExitStack() as leases:

        def start(kind: Kind) -> Endpoint:
            try:
                launch = kind.launch(Declaration("thing", "kind"), Path.cwd())
            except ResourceError as error:
                pytest.skip(str(error))
            if id(kind) not in started:
                lease = attach(launch)
                leases.callback(lease.close)
                started[id(kind)] = lease.endpoint
            return started[id(kind)]

        yield start
