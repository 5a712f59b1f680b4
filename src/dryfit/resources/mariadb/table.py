"""A table and its copy as it was seeded: the SQL that compares them and puts the rows back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from dryfit.model.secrets import is_secret
from dryfit.resources.mariadb.session import Row, Session, quoted

_COLUMNS = """
    SELECT table_name, column_name, column_key = 'PRI', is_generated = 'NEVER' FROM information_schema.columns
    WHERE table_schema = %s ORDER BY table_name, ordinal_position
"""


@dataclass(frozen=True, slots=True)
class Table:
    """``here`` and ``seed`` are the two's names as SQL writes them; ``plain`` are the columns that can be written."""

    name: str
    here: str
    seed: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    plain: tuple[str, ...]

    def copying(self) -> tuple[str, str]:
        """Makes the copy, and fills it."""
        return f"CREATE TABLE {self.seed} LIKE {self.here}", self._filling(self.seed, self.here)

    def putting_back(self) -> tuple[str, str]:
        """Empties the table, and fills it from the copy."""
        return f"DELETE FROM {self.here}", self._filling(self.here, self.seed)

    def differing(self) -> dict[str, str]:
        """By a change, the part of a query that finds the rows to which it has happened; of ``one.*``."""
        if not self.key:  # no row can be told from another
            return {"rows changed": f"FROM {self.here} one"}
        return {
            "rows added": self._missing(self.here, self.seed),
            "rows removed": self._missing(self.seed, self.here),
            # Binary, for "a" and "A" are the same in most collations.
            "rows changed": f"FROM {self.here} one JOIN {self.seed} other ON {_same(self.key)} "
            f"WHERE NOT ({_same(self.columns, 'BINARY ')})",
        }

    def shown(self, row: Row) -> str:
        """A row for people."""
        return ", ".join(
            f"{column}={'***' if is_secret(column) else repr(value)}"
            for column, value in zip(self.columns, row, strict=True)
        )

    def _missing(self, one: str, other: str) -> str:
        return f"FROM {one} one LEFT JOIN {other} other ON {_same(self.key)} WHERE other.{quoted(self.key[0])} IS NULL"

    def _filling(self, target: str, source: str) -> str:
        names = ", ".join(quoted(column) for column in self.plain)
        return f"INSERT INTO {target} ({names}) SELECT {names} FROM {source}"


def tables(session: Session, database: str, seed: str) -> dict[str, Table]:
    """Every table of a database, and every view; ``seed`` is the database of the copies."""
    found: dict[str, Table] = {}
    for name, rows in groupby(session.rows(_COLUMNS, [database]), key=lambda row: str(row[0])):
        columns = [(str(column), is_key, is_plain) for _, column, is_key, is_plain in rows]
        found[name] = Table(
            name,
            quoted(database, name),
            quoted(seed, name),
            columns=tuple(column for column, _, _ in columns),
            key=tuple(column for column, is_key, _ in columns if is_key),
            plain=tuple(column for column, _, is_plain in columns if is_plain),
        )
    return found


def _same(columns: Sequence[str], cast_to: str = "") -> str:
    return " AND ".join(f"{cast_to}one.{quoted(c)} <=> {cast_to}other.{quoted(c)}" for c in columns)
