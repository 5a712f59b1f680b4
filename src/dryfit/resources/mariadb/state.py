"""What a database holds, in so few words that it can be asked after every test."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from dryfit.resources.mariadb.session import Row, Session, quoted

# Everything that InnoDB writes moves the position in its log; definitions are also written elsewhere.
_PULSE = """
    SELECT SUM(IF(variable_name = 'Innodb_lsn_current', variable_value, 0)),
           SUM(IF(variable_name = 'Innodb_lsn_current', 0, variable_value))
    FROM information_schema.global_status
    WHERE variable_name = 'Innodb_lsn_current' OR variable_name = 'Com_rename_table'
       OR variable_name LIKE 'Com_create_%' OR variable_name LIKE 'Com_drop_%' OR variable_name LIKE 'Com_alter_%'
"""
_TABLES = """
    SELECT table_name, table_type, engine, auto_increment FROM information_schema.tables WHERE table_schema = %s
"""
_PROGRAMS = """
    SELECT 'trigger', trigger_name,
           CONCAT_WS(' ', event_object_table, action_timing, event_manipulation, action_statement)
    FROM information_schema.triggers WHERE trigger_schema = %s
    UNION ALL
    SELECT LOWER(routine_type), routine_name, routine_definition
    FROM information_schema.routines WHERE routine_schema = %s
    UNION ALL
    SELECT 'event', event_name, CONCAT_WS(' ', event_definition, interval_value, interval_field, status)
    FROM information_schema.events WHERE event_schema = %s
"""
_POSITION = re.compile(r" AUTO_INCREMENT=\d+")

Named = tuple[str, str]
"""What something is and its name: ("table", "customer")."""


@dataclass(frozen=True, slots=True)
class State:
    """``definitions`` are SQL by what it defines; ``checksums`` are of a table's rows; ``positions`` of what counts."""

    definitions: Mapping[Named, str]
    checksums: Mapping[str, object]
    positions: Mapping[Named, int]
    only_innodb: bool


@dataclass(frozen=True, slots=True)
class Pulse:
    """How far the server has come: ``written`` by InnoDB's log, ``defined`` by changes of definitions."""

    written: int
    defined: int


def pulse(session: Session) -> Pulse:
    """Of the whole server, so it may move when this database does not."""
    ((written, defined),) = session.rows(_PULSE)
    return Pulse(int(cast(float, written)), int(cast(float, defined)))


def read(session: Session, database: str, known: State | None = None) -> State:
    """The state of a database as committed; ``known`` is one whose definitions are sure to be the same."""
    tables = session.rows(_TABLES, [database])
    based = sorted(str(table[0]) for table in tables if _named(table)[0] == "table")
    return State(
        known.definitions if known else _definitions(session, database, tables),
        _checksums(session, database, based),
        {**_auto_increments(tables), **_sequences(session, database, tables)},
        only_innodb=all(table[2] in ("InnoDB", None) for table in tables),
    )


def _definitions(session: Session, database: str, tables: list[Row]) -> dict[Named, str]:
    shown = session.all_rows([f"SHOW CREATE TABLE {quoted(database, str(table[0]))}" for table in tables])
    programs = session.rows(_PROGRAMS, [database] * 3)
    return {
        **{
            _named(table): _POSITION.sub("", str(rows[0][1]), count=1)
            for table, rows in zip(tables, shown, strict=True)
        },
        **{(str(what), str(name)): str(text) for what, name, text in programs},
    }


def _named(table: Row) -> Named:
    name, kind, *_ = table
    return {"VIEW": "view", "SEQUENCE": "sequence"}.get(str(kind), "table"), str(name)


def _checksums(session: Session, database: str, tables: list[str]) -> dict[str, object]:
    if not tables:
        return {}
    sums = session.rows(f"CHECKSUM TABLE {', '.join(quoted(database, name) for name in tables)}")
    return {name: checksum for name, (_, checksum) in zip(tables, sums, strict=True)}


def _auto_increments(tables: list[Row]) -> dict[Named, int]:
    return {_named(table): cast(int, table[3]) for table in tables if table[3] is not None}


def _sequences(session: Session, database: str, tables: list[Row]) -> dict[Named, int]:
    found: dict[Named, int] = {}
    for what, name in (_named(table) for table in tables):
        if what == "sequence":
            ((position,),) = session.rows(f"SELECT next_not_cached_value FROM {quoted(database, name)}")
            found[what, name] = cast(int, position)
    return found
