"""How a PostgreSQL server is made to refuse a statement: it raises the error itself, in the session that is meant.

So the exception is the driver's own with all its fields, and the transaction is aborted as it would be.
"""

from __future__ import annotations

from dryfit.probes.faults.occasion import NotMadeError, Occasion
from dryfit.probes.faults.statements import table_of

SERIALIZATION_FAILURE = "40001"
DEADLOCK = "40P01"
QUERY_CANCELED = "57014"
UNIQUE_VIOLATION = "23505"
ADMIN_SHUTDOWN = "57P01"

STATES = {
    "serialization-failure": SERIALIZATION_FAILURE,
    "deadlock": DEADLOCK,
    "query-canceled": QUERY_CANCELED,
    "unique-violation": UNIQUE_VIOLATION,
    "admin-shutdown": ADMIN_SHUTDOWN,
}
"""SQLSTATEs by the slugs of the faults."""

_DUPLICATE = """\
DO $dryfit$ DECLARE broken record; BEGIN
    SELECT conname, nspname, relname INTO broken
    FROM pg_constraint JOIN pg_class r ON r.oid = conrelid JOIN pg_namespace n ON n.oid = r.relnamespace
    WHERE conrelid = to_regclass({table}) AND contype IN ('u', 'p') ORDER BY contype DESC, conname LIMIT 1;
    IF FOUND THEN RAISE EXCEPTION USING ERRCODE = '23505',
        MESSAGE = format('duplicate key value violates unique constraint "%s"', broken.conname),
        SCHEMA = broken.nspname, TABLE = broken.relname, CONSTRAINT = broken.conname; END IF;
END $dryfit$"""

_RAISED = "DO $dryfit$ BEGIN RAISE EXCEPTION USING ERRCODE = {state}, MESSAGE = {text}; END $dryfit$"


def refusal(slug: str, text: str, statement: str) -> str:
    """The statement that comes to the error of this slug, in place of the user's statement."""
    state = STATES[slug]
    if state == QUERY_CANCELED:
        return "SET LOCAL statement_timeout = 1; SELECT pg_sleep(10)"
    if state == ADMIN_SHUTDOWN:
        return "SELECT pg_terminate_backend(pg_backend_pid())"
    if state == UNIQUE_VIOLATION:
        return _DUPLICATE.format(table=_quoted(table_of(statement)))
    return _RAISED.format(state=_quoted(state), text=_quoted(text))


def refused(occasion: Occasion, error: BaseException) -> BaseException | None:
    """What becomes of the call that the server refused.

    A COMMIT runs all the same: the server rolls the aborted transaction back and says so, which ends it for the driver.
    """
    if occasion.deed != "commit":
        return error
    occasion.instead = error
    return None


def not_refused(slug: str) -> NotMadeError:
    """Says that the server found nothing to refuse."""
    if STATES[slug] == UNIQUE_VIOLATION:
        return NotMadeError("the table has no unique constraint that the statement could violate")
    return NotMadeError("the server did not refuse the statement")


def without_context(message: str) -> str:
    """A server's message without the lines that tell of the block in which dryfit had it raised."""
    return message.partition("\nCONTEXT:")[0]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
