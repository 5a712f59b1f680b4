"""Tells from the text of a statement what it does."""

from __future__ import annotations

import re

from dryfit.probes.faults.occasion import Deed

_LEADING = re.compile(r"(?:\s|\(|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)
_WORD = re.compile(r"[A-Za-z]+")
_TABLE = re.compile(r'\b(?:INTO|UPDATE|FROM)\s+((?:"[^"]+"|[\w$]+)(?:\.(?:"[^"]+"|[\w$]+))?)', re.IGNORECASE)

_DEEDS: dict[str, Deed] = {
    **dict.fromkeys(("SELECT", "SHOW", "EXPLAIN", "VALUES", "PRAGMA", "DESCRIBE", "FETCH", "TABLE"), "read"),
    **dict.fromkeys(("INSERT", "REPLACE"), "insert"),
    **dict.fromkeys(
        ("BEGIN", "START", "SAVEPOINT", "RELEASE", "SET", "RESET", "DECLARE", "CLOSE", "LISTEN"), "begin"
    ),
    **dict.fromkeys(("COMMIT", "END"), "commit"),
    **dict.fromkeys(("ROLLBACK", "ABORT"), "rollback"),
}
"""By the first word; everything else writes."""


def deed_of(statement: str) -> Deed:
    """What a statement does."""
    word = _WORD.match(statement, _start(statement))
    return _DEEDS.get(word.group().upper(), "write") if word else "write"


def table_of(statement: str) -> str:
    """The table that a statement writes to, as it is written there; "" where it cannot be told."""
    found = _TABLE.search(statement, _start(statement))
    return found.group(1) if found else ""


def text_of(values: tuple[object, ...]) -> str:
    """The first text among the arguments of a call, "" where there is none."""
    for value in values:
        if isinstance(value, tuple) and value:
            value = value[0]
        if isinstance(value, str):
            return value
        if isinstance(value, bytes):
            return value.decode(errors="replace")
        if callable(getattr(value, "as_string", None)):  # psycopg's composed statements
            return _composed(value)
    return ""


def _composed(value: object) -> str:
    try:
        return str(value.as_string(None))  # type: ignore[attr-defined]  # asked for above
    except Exception:  # noqa: BLE001 - it needs a connection, or is no statement at all
        return ""


def _start(statement: str) -> int:
    leading = _LEADING.match(statement)
    return leading.end() if leading else 0
