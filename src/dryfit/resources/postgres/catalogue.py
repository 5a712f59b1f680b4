"""What a database consists of: its tables and sequences, the files they are stored in, and digests of its catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from dryfit.resources.postgres.connect import Row, answers, driver

if TYPE_CHECKING:
    from dryfit.resources.postgres.connect import Connection

_STATISTICS = frozenset({"pg_statistic", "pg_statistic_ext_data"})
"""What ANALYZE writes: no part of the schema."""

_VOLATILE = {
    # Where a table is stored and how large it is guessed to be; the flags are hints that may stay set.
    "pg_class": "relfilenode reltoastrelid relpages reltuples relallvisible relallfrozen relfrozenxid relminmxid"
    " relhasindex relhasrules relhastriggers relhassubclass",
}


@dataclass(frozen=True, slots=True)
class Table:
    """A table with rows of its own, names quoted where need be.

    ``columns`` are those that can be written, ``key`` the positions of the primary key's among them.
    ``obstacle`` says why it cannot be restored row by row; "" where it can.
    """

    oid: int
    name: str
    columns: tuple[str, ...]
    key: tuple[int, ...]
    is_logged: bool
    obstacle: str = ""


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence, its name quoted where need be; ``is_cached`` where sessions take several numbers at a time."""

    oid: int
    name: str
    is_logged: bool
    is_cached: bool = False


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Tables, parents first, and sequences by oid.

    ``files`` gives the oid of what is stored in a file, system catalogues included, which ``system`` names.
    ``horizon`` is the first transaction that had not begun when it was read.
    """

    database: int
    horizon: int
    tables: Mapping[int, Table]
    sequences: Mapping[int, Sequence]
    files: Mapping[int, int]
    system: Mapping[int, str]


_FULL = "quote_ident(n.nspname) || '.' || quote_ident(c.relname)"
_OURS = (
    "n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
    " AND n.nspname !~ '^pg_(toast_)?temp_' AND c.relpersistence <> 't'"
)

_TABLES = f"""
SELECT c.oid, {_FULL}, c.relpersistence = 'p',
  CASE WHEN c.relkind = 'm' THEN 'is a materialized view'
       WHEN EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgenabled IN ('A', 'R'))
         OR EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_enabled IN ('A', 'R'))
         THEN 'has triggers or rules that cannot be held off'
       WHEN NOT EXISTS (SELECT FROM pg_attribute a
                        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '')
         THEN 'has no column to write'
       ELSE '' END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND {_OURS} ORDER BY c.oid
"""

_COLUMNS = f"""
SELECT a.attrelid, quote_ident(a.attname), coalesce(array_position(i.indkey::int2[], a.attnum), -1)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
WHERE c.relkind IN ('r', 'm') AND {_OURS} AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY a.attrelid, a.attnum
"""

_SEQUENCES = f"""
SELECT c.oid, {_FULL}, c.relpersistence = 'p', s.seqcache > 1
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_OURS} ORDER BY c.oid
"""

_REFERENCES = "SELECT conrelid, confrelid FROM pg_constraint WHERE contype = 'f' AND conrelid <> confrelid"

_FILES = """
SELECT pg_relation_filenode(oid), oid FROM pg_class
WHERE relkind IN ('r', 'm', 'S') AND relpersistence <> 't' AND pg_relation_filenode(oid) IS NOT NULL
"""

_SYSTEM = "SELECT oid, relname FROM pg_class WHERE relkind = 'r' AND NOT relisshared"
_SYSTEM += " AND relnamespace = 'pg_catalog'::regnamespace AND has_table_privilege(oid, 'SELECT')"
_DATABASE = "SELECT oid, pg_snapshot_xmax(pg_current_snapshot())::xid FROM pg_database"
_DATABASE += " WHERE datname = current_database()"


def read(connection: Connection) -> Catalogue:
    """Read the catalogue of the connection's database in one round trip."""
    script = f"{_DATABASE};{_TABLES};{_COLUMNS};{_REFERENCES};{_SEQUENCES};{_FILES};{_SYSTEM}"
    database, tables, columns, references, sequences, files, system = answers(connection, script.encode())
    of: dict[int, list[tuple[str, int]]] = {}
    for table, name, position in columns:
        of.setdefault(_int(table), []).append((_text(name), _int(position)))
    return Catalogue(
        database=_int(database[0][0]),
        horizon=_int(database[0][1]),
        tables=_parents_first(
            {
                _int(oid): _table(
                    _int(oid), _text(name), logged == b"t", _text(obstacle), of.get(_int(oid), [])
                )
                for oid, name, logged, obstacle in tables
            },
            [(_int(child), _int(parent)) for child, parent in references],
        ),
        sequences={
            _int(oid): Sequence(_int(oid), _text(name), logged == b"t", cached == b"t")
            for oid, name, logged, cached in sequences
        },
        files={_int(file): _int(oid) for file, oid in files},
        system={_int(oid): _text(name) for oid, name in system if _text(name) not in _STATISTICS},
    )


def with_files(connection: Connection, known: Catalogue) -> Catalogue:
    """The same schema as it is stored now."""
    return replace(
        known, files={_int(file): _int(oid) for file, oid in answers(connection, _FILES.encode())[0]}
    )


def with_files_of(connection: Connection, known: Catalogue, sequences: Iterable[Sequence]) -> Catalogue:
    """The same, but for where these sequences are stored now."""
    moved = {sequence.oid for sequence in sequences}
    files = {file: oid for file, oid in known.files.items() if oid not in moved}
    now = with_files(connection, known).files.items()
    return replace(known, files=files | {file: oid for file, oid in now if oid in moved})


Digest = dict[bytes, bytes]
"""Rows of a system catalogue as hashes by oid; by "#" and the hash itself where they have none."""


def digests(connection: Connection, names: Iterable[str]) -> dict[str, Digest]:
    """The digests of system catalogues."""
    names = sorted(names)
    columns = _system_columns(connection, names)
    script = b";".join(_digest(name, columns[name]) for name in names)
    return {name: _as_digest(rows) for name, rows in zip(names, answers(connection, script), strict=True)}


def news(connection: Connection, names: Iterable[str], horizon: int) -> dict[str, tuple[int, Digest]]:
    """How many rows each system catalogue has, and the digest of those written since transaction ``horizon``."""
    names = sorted(names)
    columns = _system_columns(connection, names)
    since = f" AND age(t.xmin) <= age('{horizon}'::xid)"
    selects = (part for name in names for part in (_count(name), _digest(name, columns[name], since)))
    found = iter(answers(connection, b";".join(selects)))
    return {name: (_int(next(found)[0][0]), _as_digest(next(found))) for name in names}


def describe(connection: Connection, catalogue: str, oid: bytes) -> str:
    """What a row of a system catalogue stands for, as "table public.orders"; the catalogue's name where unknown."""
    if not oid.isdigit():
        return catalogue
    kind = catalogue.removesuffix("_metadata")  # a large object goes by the catalogue of its contents
    query = "SELECT type, identity FROM pg_identify_object(%s::text::regclass, %s::oid, 0)"
    try:
        row = connection.execute(query, [kind, int(oid)]).fetchone()
    except driver().InternalError:  # not everything has an address
        return catalogue
    return f"{row[0]} {row[1]}" if row and row[1] else catalogue


def _count(name: str) -> bytes:
    return f"SELECT count(*) FROM pg_catalog.{name} t WHERE {_counts(name)}".encode()


_TOAST = "(SELECT oid FROM pg_class WHERE relnamespace = 'pg_toast'::regnamespace)"
_COUNTS = {
    # A session's first temporary table makes a schema that stays, and is nobody's concern.
    "pg_namespace": "nspname !~ '^pg_(toast_)?temp_'",
    # Where long values are stored changes whenever a table is written anew.
    "pg_class": "relnamespace <> 'pg_toast'::regnamespace",
    "pg_attribute": f"attrelid NOT IN {_TOAST}",
    "pg_index": f"indrelid NOT IN {_TOAST}",
    "pg_depend": f"objid NOT IN {_TOAST} AND refobjid NOT IN {_TOAST}",
}


def _counts(name: str) -> str:
    """Which rows of a system catalogue belong to the schema."""
    return _COUNTS.get(name, "true")


def _as_digest(rows: Iterable[Row]) -> Digest:
    return {row[0] or b"": row[1] or b"" for row in rows}


def _digest(name: str, columns: Iterable[str], and_where: str = "") -> bytes:
    columns = list(columns)
    hashed = f"hashtextextended(ROW({', '.join(f't.{column}' for column in columns)})::text, 0)"
    key = "oid::text" if "oid" in columns else f"'#' || {hashed}"
    return f"SELECT {key}, {hashed} FROM pg_catalog.{name} t WHERE {_counts(name)}{and_where}".encode()


def _system_columns(connection: Connection, names: Iterable[str]) -> dict[str, list[str]]:
    rows = connection.execute(
        "SELECT attrelid::regclass::text, quote_ident(attname) FROM pg_attribute WHERE attnum > 0"
        " AND attrelid = ANY(%s::regclass[]) ORDER BY attrelid, attnum",
        [list(names)],
    )
    found: dict[str, list[str]] = {}
    for name, column in rows:
        if column not in _VOLATILE.get(str(name), "").split():
            found.setdefault(str(name), []).append(str(column))
    return found


def _parents_first(tables: dict[int, Table], references: list[tuple[int, int]]) -> dict[int, Table]:
    """Tables after those that they refer to, as far as they do not refer to each other."""
    order = TopologicalSorter[int](dict.fromkeys(tables, ()))
    for child, parent in references:
        order.add(child, parent)
    with suppress(CycleError):
        return {oid: tables[oid] for oid in order.static_order() if oid in tables}
    return tables


def _table(oid: int, name: str, is_logged: bool, obstacle: str, columns: list[tuple[str, int]]) -> Table:
    key = sorted((at, position) for position, (_, at) in enumerate(columns) if at >= 0)
    return Table(oid, name, tuple(c for c, _ in columns), tuple(p for _, p in key), is_logged, obstacle)


def _int(value: bytes | None) -> int:
    return int(value or b"0")


def _text(value: bytes | None) -> str:
    return (value or b"").decode()
