"""Tells what a test left in a database, for people: which tables, how many rows, and a few of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dryfit.model.resource import Leftover
from dryfit.model.secrets import is_secret
from dryfit.resources.postgres.catalogue import Table
from dryfit.resources.postgres.connect import Row
from dryfit.resources.postgres.sessions import Session
from dryfit.resources.postgres.snapshot import Changes, Difference, Whole

SHOWN = 3
LONGEST = 40
MASK = "•••"


def of_changes(resource: str, changes: Changes) -> Iterator[Leftover]:
    """Rows added, changed and removed; that a sequence moved is no leftover, it moves whenever a row is added."""
    for difference in changes.tables:
        yield from _of_table(resource, difference)


def of_schema(resource: str, changed: Sequence[str]) -> Iterator[Leftover]:
    """Tables, functions, types … that were created, changed or dropped."""
    yield Leftover(resource, "schema", "changed", len(changed), tuple(changed[:SHOWN]))


def of_temporary(resource: str, names: Sequence[str]) -> Iterator[Leftover]:
    """Temporary tables of connections that are still open."""
    for name in names:
        yield Leftover(resource, name, "temporary table", 1)


def of_prepared(resource: str, names: Sequence[str]) -> Iterator[Leftover]:
    """Transactions that waited for the second phase of their commit."""
    for name in names:
        yield Leftover(resource, name, "prepared transaction", 1)


def of_wholes(resource: str, wholes: Sequence[Whole]) -> Iterator[Leftover]:
    """Tables of which nobody looked at the single rows."""
    for whole in wholes:
        yield Leftover(resource, _name(whole.table), "written to", 1, (whole.why,))


def of_sessions(resource: str, sessions: tuple[Session, ...]) -> Iterator[Leftover]:
    """Open transactions that had to be ended."""
    for session in sessions:
        who = f" of {session.application}" if session.application else ""
        change = session.state if session.state.startswith("idle") else "running statement"
        yield Leftover(
            resource, f"connection{who}", change, 1, (_short(" ".join(session.query.split()), 120),)
        )


def _of_table(resource: str, difference: Difference) -> Iterator[Leftover]:
    table = difference.table
    added, missing = _by_key(table, difference.added), _by_key(table, difference.missing)
    both = [key for key in added if key in missing]
    told = {
        "rows added": [_row(table, added[key]) for key in added if key not in missing],
        "rows changed": [_change(table, missing[key], added[key]) for key in both],
        "rows removed": [_row(table, missing[key]) for key in missing if key not in added],
    }
    for change, lines in told.items():
        if lines:
            yield Leftover(resource, _name(table), change, len(lines), tuple(lines[:SHOWN]))


def _name(table: Table) -> str:
    return table.name.removeprefix("public.")


def _by_key(table: Table, rows: dict[bytes, Row]) -> dict[object, Row]:
    """Rows by primary key; by place where there is none, for equal ones are no longer among them."""
    return {
        tuple(row[position] for position in table.key) if table.key else place: row
        for place, row in rows.items()
    }


def _row(table: Table, row: Row) -> str:
    return _short(", ".join(_cell(name, value) for name, value in zip(table.columns, row, strict=True)), 120)


def _change(table: Table, before: Row, after: Row) -> str:
    key = ", ".join(_cell(table.columns[position], after[position]) for position in table.key)
    changed = (
        f"{_cell(name, old)} → {_shown(name, new)}"
        for name, old, new in zip(table.columns, before, after, strict=True)
        if old != new
    )
    return _short(f"{key}: {', '.join(changed)}", 120)


def _cell(name: str, value: bytes | None) -> str:
    return f"{name}={_shown(name, value)}"


def _shown(name: str, value: bytes | None) -> str:
    if value is None:
        return "NULL"
    if is_secret(name.strip('"')):
        return MASK
    text = value.decode(errors="replace")
    return text if re.fullmatch(r"-?\d+(\.\d+)?|[tf]", text) else repr(_short(text, LONGEST))


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
