"""The shop's PostgreSQL database: its connections, its transactions and the tables that modules declare."""

import atexit
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from decimal import Decimal
from functools import cache, partial

from sqlalchemy import (
    Connection,
    DateTime,
    Engine,
    Numeric,
    Table,
    create_engine,
    exc,
    func,
    inspect,
    make_url,
    select,
)
from sqlalchemy.orm import DeclarativeBase, Session

import settings
from errors import Refused, Unavailable

SCHEMA_LOCK = 7_307_457

_joined: ContextVar[Session | None] = ContextVar("joined", default=None)
_connecting = threading.Lock()


class DatabaseUnavailable(Unavailable):
    """The database did not answer, or gave up on the transaction; nothing of it was kept."""


class Conflict(Refused):
    """What was to be written contradicts what is there already."""


class Base(DeclarativeBase):
    """The base of every table; a table's `info["sample"]` holds the rows that it starts with."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's declarative configuration
        Decimal: Numeric(12, 2),
        datetime: DateTime(timezone=True),
    }


@contextmanager
def transaction() -> Iterator[Session]:
    """Give a session whose work is kept as a whole or not at all; joins the one that is open, if any.

    Raises DatabaseUnavailable, Conflict.
    """
    opened = _joined.get()
    with _own_words():
        if opened is not None:
            yield opened
            return
        with Session(_ready_engine()) as session, session.begin():
            token = _joined.set(session)
            try:
                yield session
            finally:
                _joined.reset(token)


@contextmanager
def _own_words() -> Iterator[None]:
    """Spare the other modules SQLAlchemy's exceptions."""
    try:
        yield
    except exc.IntegrityError as error:
        raise Conflict(f"the database refused: {error.orig}") from error
    except (exc.OperationalError, exc.InterfaceError, exc.InternalError, exc.TimeoutError) as error:
        cause = error.orig if isinstance(error, exc.DBAPIError) else error
        raise DatabaseUnavailable(f"the database failed: {cause}") from error


def _ready_engine() -> Engine:
    url = settings.database_url()
    with _connecting:  # never while the database is asked: it may take its time to answer
        engine = _engine(url)
    _create_missing_tables(engine, frozenset(Base.metadata.tables))
    return engine


@cache
def _engine(url: str) -> Engine:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    atexit.register(engine.dispose)
    # A connection must not be used by two processes; a forked one forgets its parent's and opens its own.
    os.register_at_fork(after_in_child=partial(engine.dispose, close=False))
    return engine


@cache
def _create_missing_tables(engine: Engine, declared: frozenset[str]) -> None:
    with engine.begin() as connection:
        # Two threads or processes may find the same empty database.
        connection.execute(select(func.pg_advisory_xact_lock(SCHEMA_LOCK)))
        existing = inspect(connection).get_table_names()
        missing = [table for table in Base.metadata.sorted_tables if table.name not in existing]
        Base.metadata.create_all(connection, tables=missing)
        _add_samples(connection, missing)


def _add_samples(connection: Connection, tables: Iterable[Table]) -> None:
    for table in tables:
        if rows := table.info.get("sample"):
            connection.execute(table.insert(), rows)
