"""A PostgreSQL whose ``now()`` can be set, for databases on dryfit's own server.

PostgreSQL looks a function up while it plans, and puts the body of one that is written in SQL in the place of its call.
So it is enough to replace ``pg_catalog.now`` and its kin, which a superuser may do in one database without touching
another: their identity stays, and whatever refers to them is reached, ``DEFAULT now()`` of existing columns, CHECK
constraints, triggers and functions in PL/pgSQL, prepared statements and COPY included.

Not reached are ``CURRENT_TIMESTAMP``, ``CURRENT_DATE``, ``LOCALTIMESTAMP`` and their kin, which are no functions but
syntax, the input ``'now'``, and ``timeofday()``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg

KIN = {
    "now": ("now", "STABLE"),
    "transaction_timestamp": ("now", "STABLE"),
    "statement_timestamp": ("statement_timestamp", "STABLE"),
    "clock_timestamp": ("clock_timestamp", "VOLATILE"),
}
"""The functions that tell the time: PostgreSQL's own name for what each runs, and how it may be optimised."""

TABLE = """
CREATE SCHEMA dryfit_clock;
CREATE TABLE dryfit_clock.moment (number int PRIMARY KEY DEFAULT 1 CHECK (number = 1), at timestamptz);
INSERT INTO dryfit_clock.moment DEFAULT VALUES;
GRANT USAGE ON SCHEMA dryfit_clock TO PUBLIC;
GRANT SELECT ON dryfit_clock.moment TO PUBLIC;
"""
FUNCTIONS = """
CREATE FUNCTION dryfit_clock.real_{name}() RETURNS timestamptz
    LANGUAGE internal {kind} PARALLEL SAFE AS '{internal}';
CREATE FUNCTION dryfit_clock.{name}() RETURNS timestamptz LANGUAGE sql {kind} PARALLEL SAFE
    AS 'SELECT coalesce((SELECT at FROM dryfit_clock.moment), dryfit_clock.real_{name}())';
CREATE OR REPLACE FUNCTION pg_catalog.{name}() RETURNS timestamptz LANGUAGE sql {kind} PARALLEL SAFE
    AS 'SELECT dryfit_clock.{name}()';
"""


def install(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Prepare a database, as a superuser, in the connection's transaction; its time stays real until it is frozen.

    Best done in the template of a test's database, where it costs nothing later. Does nothing where it was done.
    """
    if connection.execute("SELECT to_regnamespace('dryfit_clock')").fetchone() != (None,):
        return
    connection.execute(TABLE.encode())
    for name, (internal, kind) in KIN.items():
        connection.execute(FUNCTIONS.format(name=name, internal=internal, kind=kind).encode())


@dataclass(frozen=True, slots=True)
class PostgresClock:
    """The time of one prepared database, for all its connections from their next transaction on.

    ``url`` is that of somebody who may write to the table ``dryfit_clock.moment``: its owner or a superuser. Nothing
    stays connected between two calls.
    """

    url: str

    def freeze(self, moment: datetime) -> None:
        """Let the database's time stand at a moment."""
        self._set(moment)

    def release(self) -> None:
        """Give the database the real time back; the table is then as it was at first."""
        self._set(None)

    def _set(self, moment: datetime | None) -> None:
        import psycopg

        with psycopg.connect(self.url) as connection:
            connection.execute("UPDATE dryfit_clock.moment SET at = %s", (moment,))
