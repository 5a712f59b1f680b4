"""The fixtures ``make``, ``clock`` and ``uuids``: data built for a test, time that stands still, UUIDs that repeat."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dryfit.resources.environment import Environment

# What only some tests ask for is imported when the first one does.
if TYPE_CHECKING:
    from dryfit.resources.builders.catalogue import Catalogue
    from dryfit.resources.builders.maker import AsyncMaker, Maker
    from dryfit.resources.clock import Clock
    from dryfit.resources.identifiers import Uuids


def data_fixtures(environment: Environment, root: Path) -> dict[str, object]:
    """The fixtures by name, for a project at ``root`` with these resources."""
    catalogue = cache(_empty_catalogue)  # what is learned of the tables serves all tests of the session

    @pytest.fixture
    def make(request: pytest.FixtureRequest) -> Make:
        """Make rows and objects, the same for this test in every run: make("Order", lines=3)."""
        return Make(request, environment, root, catalogue)

    @pytest.fixture
    def clock() -> Iterator[Clock]:
        """Let time stand still: clock.shift(seconds), clock.move_to(moment)."""
        from dryfit.resources.clock import frozen_clock

        with frozen_clock(databases=environment.clocks()) as frozen:
            yield frozen

    @pytest.fixture
    def uuids(request: pytest.FixtureRequest) -> Iterator[Uuids]:
        """Let uuid.uuid4 give the same sequence for this test in every run."""
        from dryfit.resources.identifiers import deterministic_uuids

        with deterministic_uuids(request.node.nodeid) as repeated:
            yield repeated

    return {"make": make, "clock": clock, "uuids": uuids}


class Make:
    """A test's maker, which finds out where its rows go when it is first called: then the test's session is there."""

    def __init__(
        self,
        request: pytest.FixtureRequest,
        environment: Environment,
        root: Path,
        catalogue: Callable[[], Catalogue | None],
    ) -> None:
        self._catalogue = catalogue
        self._request = request
        self._environment = environment
        self._root = root
        self._maker: Maker | AsyncMaker | None = None

    def __call__(self, what: object, /, **given: object) -> Any:
        """Make one; see ``Maker``. To be awaited where the test's session is asynchronous."""
        if self._maker is None:
            from dryfit.resources.builders.maker import maker_for

            session = _session_among(self._request.node.funcargs.values())
            connection = None if session else self._environment.database_url(self._request.fixturenames)
            self._maker = maker_for(
                self._request.node.nodeid,
                self._root,
                session=session,
                connection=connection,
                catalogue=self._catalogue(),
            )
        return self._maker(what, **given)


def _empty_catalogue() -> Catalogue | None:
    if find_spec("sqlalchemy") is None:
        return None
    from dryfit.resources.builders.catalogue import Catalogue

    return Catalogue()


def _session_among(values: Any) -> Any:
    """The SQLAlchemy session among the values of a test's fixtures, or ``None``."""
    if "sqlalchemy.orm" not in sys.modules:
        return None
    from sqlalchemy.orm import Session, scoped_session

    kinds: tuple[type, ...] = (Session, scoped_session)
    if "sqlalchemy.ext.asyncio" in sys.modules:
        from sqlalchemy.ext.asyncio import AsyncSession

        kinds = (*kinds, AsyncSession)
    return next((value for value in values if isinstance(value, kinds)), None)
