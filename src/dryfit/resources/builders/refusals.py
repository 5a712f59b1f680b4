"""Tells why a database refused a row, for every driver by its SQLSTATE, and for SQLite and MySQL by their own words."""

from __future__ import annotations

import re

from dryfit.resources.builders.entity import Refusal, RefusalKind

STATES: dict[str, RefusalKind] = {
    "23505": "unique",
    "23P01": "unique",
    "23514": "check",
    "23503": "foreign key",
    "23502": "not null",
}
MYSQL_CODES: dict[int, RefusalKind] = {
    1062: "unique",
    3819: "check",
    4025: "check",
    1452: "foreign key",
    1048: "not null",
}
WORDS: tuple[tuple[str, RefusalKind], ...] = (
    (r"UNIQUE constraint failed: (?P<name>.+)", "unique"),
    (r"CHECK constraint failed: (?P<name>.+)", "check"),
    (r"NOT NULL constraint failed: (?P<name>.+)", "not null"),
    (r"(?P<name>FOREIGN KEY) constraint failed", "foreign key"),
    (r"constraint \"(?P<name>[^\"]+)\"", "other"),
    (r"constraint ['`](?P<name>[^'`]+)['`]", "other"),
)


def refusal_of(error: BaseException) -> Refusal:
    """The refusal that a driver's or a wrapper's exception tells of."""
    original = _original(error)
    message = str(original).strip() or type(original).__name__
    kind, name = _by_words(message)
    state = str(getattr(original, "sqlstate", None) or getattr(original, "pgcode", None) or "")
    code = original.args[0] if original.args and isinstance(original.args[0], int) else 0
    kind = STATES.get(state) or MYSQL_CODES.get(code) or ("value" if state.startswith("22") else kind)
    diagnosed = getattr(getattr(original, "diag", None), "constraint_name", None)
    return Refusal(kind, str(diagnosed or name), message)


def _original(error: BaseException) -> BaseException:
    """The driver's exception: SQLAlchemy has it as ``orig``, Django as the cause."""
    inner = getattr(error, "orig", None) or (error.__cause__ if not hasattr(error, "sqlstate") else None)
    return _original(inner) if isinstance(inner, BaseException) and inner is not error else error


def _by_words(message: str) -> tuple[RefusalKind, str]:
    for pattern, kind in WORDS:
        if found := re.search(pattern, message):
            return kind, found["name"]
    return "other", ""
