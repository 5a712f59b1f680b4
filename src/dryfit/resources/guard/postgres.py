"""Marks of PostgreSQL databases: the token is the database's comment, the identity is system identifier and oid.

A copy made by ``CREATE DATABASE … TEMPLATE``, by a dump or by another server has another identity, which this user's
register does not know. A server that dryfit has started itself is told its token when it starts, so that its databases
need no entry. Nothing here relies on ``search_path``: every name and operator says that it is PostgreSQL's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from dryfit.resources.guard import register
from dryfit.resources.guard.mark import PREFIX, Identity, Mark, new_token, own_name, refusal, token_of

Connection = psycopg.Connection[object]

SETTING = "cluster_name"
"""The setting that holds the mark of a server of dryfit's own: nobody can change it once the server runs."""

# Reading the system identifier takes longer than all the rest; a server of dryfit's own is known without it.
_FACTS: LiteralString = f"""
    SELECT CASE WHEN pg_catalog.starts_with(pg_catalog.current_setting('{SETTING}'), 'dryfit ') THEN ''
                ELSE (SELECT system_identifier FROM pg_catalog.pg_control_system())::pg_catalog.text END,
           oid::pg_catalog.text,
           (SELECT description FROM pg_catalog.pg_shdescription
            WHERE objoid OPERATOR(pg_catalog.=) d.oid
              AND classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_database'::pg_catalog.regclass),
           datname::pg_catalog.text,
           pg_catalog.current_setting('{SETTING}')
    FROM pg_catalog.pg_database d
"""

PROOF = f"{_FACTS} WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database()".encode()
"""Asks a connection which database it is on; ``judge`` takes the one row that it gives."""

_BY_NAME: LiteralString = f"{_FACTS} WHERE datname OPERATOR(pg_catalog.=) %s"
_OWN: LiteralString = f"{_FACTS} WHERE pg_catalog.starts_with(datname::pg_catalog.text, %s)"

_END_SESSIONS: LiteralString = """
    SELECT pg_catalog.pg_terminate_backend(pid, 2000) FROM pg_catalog.pg_stat_activity
    WHERE datname OPERATOR(pg_catalog.=) %s AND pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
      AND backend_type OPERATOR(pg_catalog.=) 'client backend'
"""
_DOOMED = f"{PREFIX}drop_"

LEASE = "dryfit lease"
"""The ``application_name`` of connections by which workers show that they use a database that they share."""

_LEASED: LiteralString = """
    SELECT 1 FROM pg_catalog.pg_stat_activity
    WHERE datname OPERATOR(pg_catalog.=) %s AND application_name OPERATOR(pg_catalog.=) %s LIMIT 1
"""


def write(connection: Connection, name: str, token: str) -> None:
    """Mark a database that dryfit has just made; one that bears somebody's comment is refused."""
    fact = _fact(connection, own_name(name))
    own_server = fact.is_on_own_server(token)
    # What came with a cached data directory bears the mark of the run that made it.
    may_bear = bool(token_of(fact.comment)) if own_server else token_of(fact.comment) == token
    if fact.comment and not may_bear:
        raise refusal(fact.what, f"it bears a comment already ({fact.comment!r})")
    if not own_server:
        register.enter(fact.identity, token)
    _comment(connection, name, Mark(fact.identity, token).text)


def prove(connection: Connection, token: str, name: str = "") -> None:
    """Raise ``ResourceError`` unless a database bears the mark; by default the one that this very connection is on."""
    judge(_rows(connection, _BY_NAME, name) if name else _rows(connection, PROOF), token)


def judge(rows: Sequence[Sequence[object]], token: str) -> None:
    """Judge what ``PROOF`` gave, for callers who send it together with statements of their own."""
    if len(rows) != 1:
        raise refusal("PostgreSQL", f"{len(rows)} databases answer to one name")
    fact = _Fact(rows[0])
    known = fact.is_on_own_server(token) or register.find(fact.identity, token) is not None
    register.confirm(Mark(fact.identity, token), fact.comment, fact.what, known=known)


def drop(connection: Connection, name: str, token: str) -> None:
    """Drop a marked database and end its sessions; one that is gone already is no error.

    It is renamed first: in the same transaction it is proved to be the marked one, and nobody else knows the new name,
    so nothing can take its place between the proof and the drop. The connection is on another database, in autocommit.
    """
    rows = _rows(connection, _BY_NAME, own_name(name))
    if not rows:
        return
    judge(rows, token)
    fact = _Fact(rows[0])
    doomed = f"{_DOOMED}{fact.identity.part}_{token[:16]}"
    if name != doomed:  # as one is called whose run died right here
        # A pool that connects again at once would hold the renaming up.
        _alter(connection, name, sql.SQL("ALLOW_CONNECTIONS false"), name, token)
        connection.execute(_END_SESSIONS, (name,))
        _alter(connection, name, sql.SQL("RENAME TO {}").format(sql.Identifier(doomed)), doomed, token)
    connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(doomed)))
    register.forget(Mark(fact.identity, token))


def is_own_server(connection: Connection, token: str) -> bool:
    """Whether dryfit has started the connection's server, with that token."""
    return _Fact(_rows(connection, PROOF)[0]).is_on_own_server(token)


def sweep(connection: Connection) -> tuple[str, ...]:
    """Drop what this user's runs that have died left on the server; returns the names of the databases."""
    left = list(_abandoned(connection))
    for name, token in left:
        drop(connection, name, token)
    return tuple(name for name, _ in left)


def adopted(connection: Connection) -> str:
    """The token of the connection's database, if its owner has given it to dryfit for good; "" for any other."""
    fact = _Fact(_rows(connection, PROOF)[0])
    entry = fact.entry
    return entry.mark.token if entry and entry.owner is None else ""


def join(connection: Connection) -> str:
    """The token of the connection's database, if another process of this user made it; from now on it is this one's.

    Raises ``ResourceError`` for any other.
    """
    fact = _Fact(_rows(connection, PROOF)[0])
    entry = fact.entry
    if entry is None or entry.owner is None:
        raise refusal(fact.what, "it is not one that this user's workers share")
    register.enter(fact.identity, entry.mark.token)
    return entry.mark.token


def is_leased(connection: Connection, name: str) -> bool:
    """Whether somebody shows that he uses a database."""
    return bool(_rows(connection, _LEASED, name, LEASE))


def take_over(connection: Connection) -> None:
    """Mark the connection's database for good; only ``adopt`` calls this, after the user has agreed."""
    fact = _Fact(_rows(connection, PROOF)[0])
    if fact.comment:
        raise refusal(fact.what, f"it bears a comment already ({fact.comment!r})")
    given = register.enter(fact.identity, new_token(), for_good=True)
    _comment(connection, fact.name, given.text)


class _Fact:
    """One row of what ``_FACTS`` asks for."""

    def __init__(self, row: Sequence[object]) -> None:
        # A connection in SQL_ASCII gives bytes.
        told = [text.decode(errors="replace") if isinstance(text, bytes) else text for text in row]
        system, oid, comment, name, setting = (str(text or "") for text in told)
        self.identity = Identity("postgres", system, oid)
        self.comment, self.name, self._setting = comment, name, setting

    @property
    def what(self) -> str:
        return f"database {self.name}"

    @property
    def entry(self) -> register.Entry | None:
        token = token_of(self.comment)
        return register.find(self.identity, token) if token else None

    def is_on_own_server(self, token: str) -> bool:
        """Whether dryfit has started the server with that token."""
        return bool(token) and token_of(self._setting) == token


def _fact(connection: Connection, name: str) -> _Fact:
    rows = _rows(connection, _BY_NAME, name)
    if len(rows) != 1:
        raise refusal(f"database {name}", "there is none")
    return _Fact(rows[0])


def _comment(connection: Connection, name: str, text: str) -> None:
    statement = sql.SQL("COMMENT ON DATABASE {} IS {}")
    connection.execute(statement.format(sql.Identifier(name), sql.Literal(text)))


def _alter(connection: Connection, name: str, how: sql.Composable, known_as: str, token: str) -> None:
    """Alter a database in one transaction with the proof; until its end nobody else can alter it."""
    with connection.transaction():
        connection.execute(sql.SQL("ALTER DATABASE {} ").format(sql.Identifier(name)) + how)
        judge(_rows(connection, _BY_NAME, known_as), token)


def _abandoned(connection: Connection) -> Iterator[tuple[str, str]]:
    for row in _rows(connection, _OWN, PREFIX):
        fact = _Fact(row)
        entry = fact.entry
        if entry and entry.owner and not entry.owner.lives and not is_leased(connection, fact.name):
            yield fact.name, entry.mark.token


def _rows(connection: Connection, query: LiteralString | bytes, *parameters: str) -> list[tuple[object, ...]]:
    with connection.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(query, parameters or None).fetchall()
