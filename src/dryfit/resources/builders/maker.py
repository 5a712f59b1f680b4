"""``make("Order", lines=3)``: the one call that makes rows and objects, for tests and for scripts."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from dryfit.model.errors import ResourceError
from dryfit.resources.builders import models
from dryfit.resources.builders.classes import build
from dryfit.resources.builders.factories import Factories
from dryfit.resources.builders.models import Candidate
from dryfit.resources.builders.store import Store
from dryfit.resources.programs import needs_library

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import Session

    from dryfit.resources.builders.catalogue import Catalogue

T = TypeVar("T")


class Maker:
    """Makes rows and objects; the same seed gives the same ones.

    Where rows go: through ``session``, which is flushed and not committed; through ``connection``, in its transaction;
    or, where ``connection`` is an engine or a URL, in transactions of their own that are committed, so that the
    program under test sees them. Django's models go by Django. ``root`` is where the project's own modules are.
    """

    def __init__(
        self,
        seed: str,
        *,
        root: Path | None = None,
        session: Session | None = None,
        connection: object = None,
        catalogue: Catalogue | None = None,
    ) -> None:
        self._seed = seed
        self._root = (root or Path.cwd()).absolute()
        self._session = session
        self._connection = connection
        self._catalogue = catalogue
        self._made: Counter[str] = Counter()
        self._stores: dict[str, Store] = {}
        self._open: Callable[[], AbstractContextManager[Connection]] | None = None

    @overload
    def __call__(self, what: type[T], /, **given: object) -> T: ...

    # A name says nothing about the type; with `object`, every test would have to cast.
    @overload
    def __call__(self, what: object, /, **given: object) -> Any: ...

    def __call__(self, what: object, /, **given: object) -> object:
        """Make one, with its parents, and with as many children as are given.

        ``what`` is a class, a table, or the name of either. ``given`` are fields, parents (a row, or a dict of values),
        and children (how many, or a list of dicts). Raises ``ResourceError`` that says what to give by hand.
        """
        found = models.find(what, models.classes(self._root), self._tables)
        if found.kind == "plain":
            return self._object(found, given)
        with needs_library("make", "data"):
            from dryfit.resources.builders.builder import Builder
        with self._store(found) as store:
            factories = Factories(dict(sys.modules), self._session)
            return Builder(self._seed, store, factories, self._made).make(found.model, given)

    def _object(self, found: Candidate, given: dict[str, object]) -> object:
        self._made[found.path] += 1
        assert isinstance(found.model, type)
        with needs_library("make", "data"):
            import polyfactory  # noqa: F401
        return build(found.model, given, (self._seed, found.path, self._made[found.path]))

    def _tables(self, again: bool) -> Iterator[Candidate]:
        if self._session is None and self._connection is None:
            return
        from dryfit.resources.builders.catalogue import Catalogue

        self._catalogue = self._catalogue or Catalogue()
        with self._working() as connection:
            for table in self._catalogue.tables(connection, again=again):
                yield Candidate(table.fullname, "table", table)

    @contextmanager
    def _store(self, found: Candidate) -> Iterator[Store]:
        if found.kind == "django":
            from dryfit.resources.builders.django_models import DjangoStore

            yield self._stores.setdefault("django", DjangoStore())
        elif found.kind == "mapped" or self._session is not None:
            with self._in_session(found) as store:
                yield store
        else:
            from dryfit.resources.builders.rows import TableStore

            with self._working() as connection:
                yield TableStore(connection)

    @contextmanager
    def _in_session(self, found: Candidate) -> Iterator[Store]:
        from sqlalchemy.orm import Session

        from dryfit.resources.builders.mapped import SessionStore

        if self._session is not None:
            if "session" not in self._stores:
                self._stores["session"] = SessionStore(self._session)
            yield self._stores["session"]
            return
        with self._working(found.path) as connection:
            if not connection.in_transaction():
                connection.begin()  # so that the session joins it, and its commit is none of the connection's
            with Session(connection, expire_on_commit=False) as session:
                yield SessionStore(session)
                session.commit()

    @contextmanager
    def _working(self, path: str = "") -> Iterator[Connection]:
        """The connection to work through."""
        from dryfit.resources.builders.connections import opener

        if self._session is not None:
            yield self._session.connection()
            return
        if self._connection is None:
            raise ResourceError(
                f"make: there is no database to put {path} into",
                "give make a session or a connection, or declare a database in [tool.dryfit.resources]"
                " (of several, let the test ask for one only)",
                slug="make",
            )
        self._open = self._open or opener(self._connection)
        with self._open() as connection:
            yield connection


class AsyncMaker:
    """As ``Maker``, for an asynchronous session: ``order = await make("Order", lines=3)``."""

    def __init__(
        self,
        seed: str,
        *,
        session: AsyncSession,
        root: Path | None = None,
        catalogue: Catalogue | None = None,
    ) -> None:
        self._session = session
        self._maker = Maker(seed, root=root, session=session.sync_session, catalogue=catalogue)

    @overload
    async def __call__(self, what: type[T], /, **given: object) -> T: ...

    @overload
    async def __call__(self, what: object, /, **given: object) -> Any: ...

    async def __call__(self, what: object, /, **given: object) -> object:
        """Make one; see ``Maker``."""
        return await self._session.run_sync(lambda _: self._maker(what, **given))


@overload
def maker_for(
    test_id: str,
    root: Path,
    *,
    session: AsyncSession,
    connection: object = None,
    catalogue: Catalogue | None = None,
) -> AsyncMaker: ...


@overload
def maker_for(
    test_id: str,
    root: Path,
    *,
    session: Session | None = None,
    connection: object = None,
    catalogue: Catalogue | None = None,
) -> Maker: ...


def maker_for(
    test_id: str,
    root: Path,
    *,
    session: Session | AsyncSession | None = None,
    connection: object = None,
    catalogue: Catalogue | None = None,
) -> Maker | AsyncMaker:
    """The maker of one test, seeded by its node id; an asynchronous one for an asynchronous session."""
    # Whoever has an asynchronous session has imported this; else it may lack greenlet, which SQLAlchemy does not bring.
    if session is not None and sys.modules.get("sqlalchemy.ext.asyncio"):
        from sqlalchemy.ext.asyncio import AsyncSession

        if isinstance(session, AsyncSession):
            return AsyncMaker(test_id, session=session, root=root, catalogue=catalogue)
    synchronous = cast("Session | None", session)
    return Maker(test_id, root=root, session=synchronous, connection=connection, catalogue=catalogue)
