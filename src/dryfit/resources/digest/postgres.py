"""The digest of a PostgreSQL database: every table of its users, in the order of the keys, as of one snapshot."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from dryfit.model.digest import Cells, Column, Contents, Digest, Spot
from dryfit.resources.digest.cells import Number, rows

MOST_ROWS = 2_000
MOST_BYTES = 16 << 20
"""Tables beyond these bounds are left out; the digest says so."""

TRANSACTIONS = "open transactions"
"""The place that lists sessions which are idle within a transaction."""

# One snapshot, and nobody has to wait for us: what others have locked is left out, and we lock for reading only.
_BEGIN = """
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL lock_timeout = '50ms';
SET LOCAL statement_timeout = '1s';
SET LOCAL DateStyle = 'ISO';
SET LOCAL TimeZone = 'UTC';
SET LOCAL row_security = off;
"""

_CATALOGUE = """
SELECT n.nspname, c.relname, l.locked, has_table_privilege(c.oid, 'SELECT'),
    CASE WHEN NOT l.locked THEN pg_relation_size(c.oid) END,
    CASE WHEN NOT l.locked THEN (SELECT json_agg(json_build_array(
            a.attname,
            COALESCE(a.attnum = ANY (i.indkey), false),
            a.attidentity <> '' OR COALESCE(pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%', false),
            COALESCE((SELECT r.relname FROM pg_constraint f JOIN pg_class r ON r.oid = f.confrelid
                WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.conkey = ARRAY[a.attnum] LIMIT 1), '')
        ) ORDER BY a.attnum)
        FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
    CROSS JOIN LATERAL (SELECT EXISTS (
        SELECT FROM pg_locks WHERE relation = c.oid AND mode = 'AccessExclusiveLock'
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS locked) l
WHERE c.relkind = 'r' AND c.relpersistence <> 't'
    AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT LIKE 'dryfit%'
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.objid = c.oid AND e.deptype = 'e')
ORDER BY 1, 2
"""

_IDLE = """
SELECT pid, to_char(xact_start, 'HH24:MI:SS.US'), query, backend_xid IS NOT NULL FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'
"""


@dataclass(frozen=True, slots=True)
class _Table:
    schema: str
    name: str
    columns: tuple[Column, ...]

    @property
    def place(self) -> str:
        return self.name if self.schema == "public" else f"{self.schema}.{self.name}"

    def query(self) -> str:
        keys = [_quoted(column.name) for column in self.columns if column.key]
        order = f" ORDER BY {', '.join(keys)}" if keys else ""
        listed = ", ".join(f"x.{_quoted(column.name)}" for column in self.columns)
        table = f"{_quoted(self.schema)}.{_quoted(self.name)}"
        return (
            f"(SELECT json_agg(json_build_array({listed})) FROM"
            f" (SELECT * FROM {table}{order} LIMIT {MOST_ROWS + 1}) x)"
        )


def read(address: str, source: str, *, transactions: bool = False) -> Digest:
    """Read the database at ``address`` (a URL or a connection string) through a connection of our own.

    ``transactions`` adds the place ``TRANSACTIONS``. Raises the driver's exception where it cannot be read.
    """
    with closing(connect(address)) as connection:
        return read_through(connection, source, transactions=transactions)


def read_through(connection: Any, source: str, *, transactions: bool = False) -> Digest:
    """Read it through what ``connect`` gave; no transaction stays open."""
    taken = time.time()
    try:
        found, skipped = _tables(_ask(connection, _BEGIN + _CATALOGUE), source)
        contents = list(_read(connection, found, source))
        if transactions:
            contents.append(_idle(connection, source))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK")
    too_many = [each for each in contents if len(each.rows) > MOST_ROWS]
    skipped += [(each.spot, f"more than {MOST_ROWS} rows") for each in too_many]
    return Digest(tuple(each for each in contents if each not in too_many), tuple(skipped), taken)


def snapshot(connection: Any) -> object:
    """What is another one as soon as a transaction that wrote something, anywhere on the server, has ended."""
    ((found,),) = _ask(connection, "SELECT pg_current_snapshot()::text")
    return found


def _tables(catalogue: Sequence[Sequence[Any]], source: str) -> tuple[list[_Table], list[tuple[Spot, str]]]:
    found: list[_Table] = []
    skipped: list[tuple[Spot, str]] = []
    for schema, name, locked, readable, size, columns in catalogue:
        table = _Table(schema, name, tuple(Column(*column) for column in columns or ()))
        if reason := _reason(locked, readable, size):
            skipped.append(((source, table.place), reason))
        else:
            found.append(table)
    return found, skipped


def _reason(locked: bool, readable: bool, size: int) -> str:
    if locked:
        return "somebody holds it locked"
    if not readable:
        return "its owner does not let us read it"
    return f"more than {MOST_BYTES >> 20} MB" if size > MOST_BYTES else ""


def _read(connection: Any, tables: Sequence[_Table], source: str) -> Iterator[Contents]:
    if not tables:
        return
    (answer,) = _ask(connection, f"SELECT {', '.join(f'{table.query()}::text' for table in tables)}")
    for table, text in zip(tables, answer, strict=True):
        found = json.loads(text, parse_float=Number, parse_int=Number) if text else []
        cells = rows(found, [column.name for column in table.columns])
        yield Contents(source, table.place, table.columns, cells)


def _idle(connection: Any, source: str) -> Contents:
    columns = (
        Column("session", key=True),
        Column("since", key=True),
        Column("last statement"),
        Column("wrote"),
    )
    cells: tuple[Cells, ...] = rows(_ask(connection, _IDLE), [column.name for column in columns])
    return Contents(source, TRANSACTIONS, columns, cells)


def connect(address: str) -> Any:
    """Connect with whichever driver is there; every statement then stands for itself."""
    try:
        import psycopg

        return psycopg.connect(address, autocommit=True, connect_timeout=2, application_name="dryfit")
    except ImportError:
        connection = import_module("psycopg2").connect(address, connect_timeout=2, application_name="dryfit")
        connection.autocommit = True
        return connection


def _ask(connection: Any, statements: str) -> Sequence[Sequence[Any]]:
    """Run statements in one round trip, and give the rows of the last."""
    with connection.cursor() as cursor:
        cursor.execute(statements)
        while _has_next(cursor):
            pass
        found: Sequence[Sequence[Any]] = cursor.fetchall()
        return found


def _has_next(cursor: Any) -> bool:
    """Go to the next result of psycopg 3; psycopg2 keeps the last one only, and knows no next."""
    return not type(cursor).__module__.startswith("psycopg2") and bool(cursor.nextset())


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
