"""Marks of PostgreSQL databases: the token is the database's comment, the identity is system identifier and oid.

Nothing here relies on ``search_path``: every name and operator says that it is PostgreSQL's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from dryfit.resources.guard import register
from dryfit.resources.guard.mark import PREFIX, Identity, Mark, own_name, refusal, token_of

_DOOMED = f"{PREFIX}drop_"

Connection = psycopg.Connection[object]

_FACTS: LiteralString = """
    SELECT (SELECT system_identifier FROM pg_catalog.pg_control_system())::pg_catalog.text,
           oid::pg_catalog.text,
           (SELECT description FROM pg_catalog.pg_shdescription
            WHERE objoid OPERATOR(pg_catalog.=) d.oid
              AND classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_database'::pg_catalog.regclass),
           datname::pg_catalog.text
    FROM pg_catalog.pg_database d
"""

PROOF: LiteralString = f"{_FACTS} WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database()"
"""Asks a connection which database it is on; ``check`` judges the one row that it gives."""

_BY_NAME: LiteralString = f"{_FACTS} WHERE datname OPERATOR(pg_catalog.=) %s"
_OWN: LiteralString = f"{_FACTS} WHERE pg_catalog.starts_with(datname::pg_catalog.text, %s)"

_END_SESSIONS: LiteralString = """
    SELECT pg_catalog.pg_terminate_backend(pid, 2000) FROM pg_catalog.pg_stat_activity
    WHERE datid OPERATOR(pg_catalog.=) %s::pg_catalog.oid
      AND pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
"""


def create(connection: Connection, name: str, *, template: str = "", strategy: str = "") -> Mark:
    """Make a database, which must not exist yet, and mark it; the connection is on another database, in autocommit.

    ``template`` and ``strategy`` are those of ``CREATE DATABASE``.
    """
    statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(own_name(name)))
    if template:
        statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
    if strategy:
        statement += sql.SQL(" STRATEGY {}").format(sql.Literal(strategy))
    connection.execute(statement)
    return _put_mark(connection, name)


def prove(connection: Connection, mark: Mark) -> None:
    """Raise ``ResourceError`` unless this very connection is on the marked database; one round trip."""
    check(_rows(connection, PROOF), mark)


def check(rows: Sequence[Sequence[object]], mark: Mark) -> None:
    """Judge what ``PROOF`` gave, for callers who send it together with statements of their own."""
    if len(rows) != 1:
        raise refusal("PostgreSQL", f"{len(rows)} databases answer to one name")
    identity, comment, name = _facts(rows[0])
    register.confirm(mark, identity, comment, f"database {name}")


def drop(connection: Connection, name: str, mark: Mark) -> None:
    """Drop a marked database and end its sessions; one that is gone already is no error.

    It is renamed first: in the same transaction it is proved to be the marked one, and nobody else knows the new name,
    so nothing can take its place between the proof and the drop. The connection is on another database, in autocommit.
    """
    rows = _rows(connection, _BY_NAME, own_name(name))
    if rows:
        check(rows, mark)
        connection.execute(_END_SESSIONS, (mark.identity.part,))
        doomed = _DOOMED + mark.token
        if name != doomed:  # as one is called whose run died right here
            _rename(connection, name, doomed, mark)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(doomed)))
    register.forget(mark)


def sweep(connection: Connection) -> tuple[str, ...]:
    """Drop what this user's runs that have died left on the server; returns the names of the databases."""
    left = list(_abandoned(connection))
    for name, mark in left:
        drop(connection, name, mark)
    return tuple(name for name, _ in left)


def adopted(connection: Connection) -> Mark | None:
    """The mark of the connection's database, if its owner has given it to dryfit for good."""
    entry = _entry(_rows(connection, PROOF)[0])
    return entry.mark if entry and entry.owner is None else None


def take_over(connection: Connection) -> Mark:
    """Mark the connection's database for good; only ``adopt`` calls this, after the user has agreed."""
    return _put_mark(connection, _facts(_rows(connection, PROOF)[0])[2], for_good=True)


def _rename(connection: Connection, name: str, doomed: str, mark: Mark) -> None:
    with connection.transaction():
        connection.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(doomed))
        )
        check(_rows(connection, _BY_NAME, doomed), mark)


def _put_mark(connection: Connection, name: str, *, for_good: bool = False) -> Mark:
    identity, comment, _ = _facts(_rows(connection, _BY_NAME, name)[0])
    if comment:
        raise refusal(f"database {name}", f"it bears a comment already ({comment!r})")
    mark = register.enter(identity, for_good=for_good)
    connection.execute(
        sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(mark.text))
    )
    return mark


def _abandoned(connection: Connection) -> Iterator[tuple[str, Mark]]:
    for row in _rows(connection, _OWN, PREFIX):
        entry = _entry(row)
        if entry and entry.owner and not entry.owner.lives:
            yield _facts(row)[2], entry.mark


def _entry(row: Sequence[object]) -> register.Entry | None:
    identity, comment, _ = _facts(row)
    token = token_of(comment)
    return register.find(identity, token) if token else None


def _facts(row: Sequence[object]) -> tuple[Identity, str, str]:
    """Identity, comment and name of a database."""
    # A connection in SQL_ASCII gives bytes.
    told = [text.decode(errors="replace") if isinstance(text, bytes) else text for text in row]
    system, oid, comment, name = told
    return Identity("postgres", str(system), str(oid)), str(comment or ""), str(name)


def _rows(connection: Connection, query: LiteralString, *parameters: str) -> list[tuple[object, ...]]:
    with connection.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(query, parameters or None).fetchall()
