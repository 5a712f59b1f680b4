"""What may go wrong at the crossings of resource libraries: one table, one row a fault.

The rows of a driver stand in the order in which they are offered, the gravest first; what the limits leave out can
still be asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from dryfit.model.crossing import Crossing
from dryfit.model.trial import Fault, Offer, When
from dryfit.probes.faults import asyncpg, botocore, mail, psycopg, psycopg2, redis, sqlite, system, web
from dryfit.probes.faults.occasion import Deed, Make, Occasion
from dryfit.probes.faults.resolve import occasion_of
from dryfit.probes.faults.wire import offers as offers_on_wire

MOST: dict[When, int] = {"after": 2, "before": 3}
"""How many faults are offered for one crossing; those after the callee ran come first."""


def _always(occasion: Occasion) -> bool:
    return True


def _waits(occasion: Occasion) -> bool:
    return occasion.waits


@dataclass(frozen=True, slots=True)
class Row:
    """One fault of a driver: at what deeds, when, what the caller gets, and how it is made.

    ``dbapi`` is the exception's class in DB-API, by which Django names its own. ``may`` says where it can happen,
    ``on_request`` that it is too like another one to be offered.
    """

    driver: str
    deeds: tuple[Deed, ...]
    when: When
    slug: str
    exception: str
    text: str
    make: Make
    dbapi: str = "OperationalError"
    may: Callable[[Occasion], bool] = _always
    on_request: bool = False

    def applies(self, occasion: Occasion) -> bool:
        """Whether it can happen on this occasion; a reply is only lost where what was done stays done."""
        fits = self.driver == occasion.driver and occasion.deed in self.deeds
        return fits and (self.when == "before" or occasion.lasting) and self.may(occasion)

    def fault(self, occasion: Occasion) -> Fault:
        """The fault, as it is told."""
        return Fault(self.slug, occasion.layer.named(self.exception, self.dbapi), self.text)


_ANY: tuple[Deed, ...] = ("read", "insert", "write", "begin", "commit", "rollback")
_STATEMENTS: tuple[Deed, ...] = ("read", "insert", "write")
_WRITES: tuple[Deed, ...] = ("insert", "write")
_LASTING: tuple[Deed, ...] = ("insert", "write", "commit")
_HUNG_UP = "server closed the connection unexpectedly"
_CANCELLED = "asyncio.exceptions.CancelledError"
_UNSERIALIZABLE = "could not serialize access due to concurrent update"
_DEADLOCK = "deadlock detected"
_TIMEOUT = "canceling statement due to statement timeout"
_DUPLICATE = "duplicate key value violates unique constraint"
_SHUTDOWN = "terminating connection due to administrator command"
_ASYNCPG_LOST = "connection was closed in the middle of operation"
_REFUSED = "[Errno 111] Connection refused"
_NO_REPLY = "Server disconnected without sending a response."
_UNKNOWN_USER = "5.1.1 User unknown"
_LOST_SMTP = "Connection unexpectedly closed"

# fmt: off
ROWS = (
    Row("sqlite3", ("read", "insert", "write", "begin", "script", "commit"), "before", "locked",
        "sqlite3.OperationalError", "database is locked", sqlite.locked, may=sqlite.needs_the_lock),
    Row("sqlite3", ("insert",), "before", "unique-violation",
        "sqlite3.IntegrityError", "UNIQUE constraint failed", sqlite.duplicate, "IntegrityError"),
    Row("sqlite3", ("insert", "write"), "before", "disk-full",
        "sqlite3.OperationalError", "database or disk is full", sqlite.full),

    Row("psycopg", _LASTING, "after", "connection-lost",
        "psycopg.OperationalError", _HUNG_UP, psycopg.cut_after),
    Row("psycopg", _ANY, "before", "connection-lost",
        "psycopg.OperationalError", _HUNG_UP, psycopg.cut_before),
    Row("psycopg", _STATEMENTS, "before", "cancelled",
        _CANCELLED, "", psycopg.cancel, may=_waits),
    Row("psycopg", ("insert",), "before", "unique-violation",
        "psycopg.errors.UniqueViolation", _DUPLICATE, psycopg.refuse, "IntegrityError"),
    Row("psycopg", (*_WRITES, "commit"), "before", "serialization-failure",
        "psycopg.errors.SerializationFailure", _UNSERIALIZABLE, psycopg.refuse),
    Row("psycopg", _STATEMENTS, "before", "query-canceled",
        "psycopg.errors.QueryCanceled", _TIMEOUT, psycopg.refuse),
    Row("psycopg", _WRITES, "before", "deadlock",
        "psycopg.errors.DeadlockDetected", _DEADLOCK, psycopg.refuse),
    Row("psycopg", _STATEMENTS, "before", "admin-shutdown",
        "psycopg.errors.AdminShutdown", _SHUTDOWN, psycopg.refuse, on_request=True),

    Row("psycopg2", _LASTING, "after", "connection-lost",
        "psycopg2.OperationalError", _HUNG_UP, psycopg2.cut_after),
    Row("psycopg2", _ANY, "before", "connection-lost",
        "psycopg2.OperationalError", _HUNG_UP, psycopg2.cut_before),
    Row("psycopg2", ("insert",), "before", "unique-violation",
        "psycopg2.errors.UniqueViolation", _DUPLICATE, psycopg2.refuse, "IntegrityError"),
    Row("psycopg2", (*_WRITES, "commit"), "before", "serialization-failure",
        "psycopg2.errors.SerializationFailure", _UNSERIALIZABLE, psycopg2.refuse),
    Row("psycopg2", _STATEMENTS, "before", "query-canceled",
        "psycopg2.errors.QueryCanceled", _TIMEOUT, psycopg2.refuse),
    Row("psycopg2", _WRITES, "before", "deadlock",
        "psycopg2.errors.DeadlockDetected", _DEADLOCK, psycopg2.refuse),
    Row("psycopg2", _STATEMENTS, "before", "admin-shutdown",
        "psycopg2.errors.AdminShutdown", _SHUTDOWN, psycopg2.refuse, on_request=True),

    Row("asyncpg", _LASTING, "after", "connection-lost",
        "asyncpg.exceptions.ConnectionDoesNotExistError", _ASYNCPG_LOST, asyncpg.cut_after),
    Row("asyncpg", _ANY, "before", "connection-lost",
        "asyncpg.exceptions.ConnectionDoesNotExistError", _ASYNCPG_LOST, asyncpg.cut_before),
    Row("asyncpg", _STATEMENTS, "before", "cancelled",
        _CANCELLED, "", asyncpg.cancel, may=asyncpg.is_plain),
    Row("asyncpg", ("insert",), "before", "unique-violation",
        "asyncpg.exceptions.UniqueViolationError", _DUPLICATE, asyncpg.refuse, may=asyncpg.is_plain),
    Row("asyncpg", (*_WRITES, "commit"), "before", "serialization-failure",
        "asyncpg.exceptions.SerializationError", _UNSERIALIZABLE, asyncpg.refuse, may=asyncpg.is_plain),
    Row("asyncpg", _STATEMENTS, "before", "query-canceled",
        "asyncpg.exceptions.QueryCanceledError", _TIMEOUT, asyncpg.refuse, may=asyncpg.is_plain),
    Row("asyncpg", _WRITES, "before", "deadlock",
        "asyncpg.exceptions.DeadlockDetectedError", _DEADLOCK, asyncpg.refuse, may=asyncpg.is_plain),

    Row("httpx", ("send",), "after", "timeout",
        "httpx.ReadTimeout", "timed out", web.httpx_fails, may=web.httpx_times_out),
    Row("httpx", ("send",), "after", "connection-lost",
        "httpx.RemoteProtocolError", _NO_REPLY, web.httpx_fails, may=web.httpx_reply_can_be_closed),
    Row("httpx", ("send",), "before", "connection-refused",
        "httpx.ConnectError", _REFUSED, web.httpx_fails),
    Row("httpx", ("send",), "before", "cancelled",
        _CANCELLED, "", system.cancelled, may=_waits),

    Row("requests", ("send",), "after", "timeout",
        "requests.exceptions.ReadTimeout", "Read timed out.", web.requests_timed_out, may=web.requests_times_out),
    Row("requests", ("send",), "after", "connection-lost",
        "requests.exceptions.ConnectionError", "Connection aborted.", web.requests_hung_up),
    Row("requests", ("send",), "before", "connection-refused",
        "requests.exceptions.ConnectionError", _REFUSED, web.requests_refused),

    Row("aiohttp", ("send",), "after", "timeout",
        "builtins.TimeoutError", "", web.aiohttp_timed_out, may=web.aiohttp_times_out),
    Row("aiohttp", ("send",), "after", "connection-lost",
        "aiohttp.client_exceptions.ServerDisconnectedError", "Server disconnected", web.aiohttp_hung_up),
    Row("aiohttp", ("send",), "before", "connection-refused",
        "aiohttp.client_exceptions.ClientConnectorError", _REFUSED, web.aiohttp_refused),
    Row("aiohttp", ("send",), "before", "cancelled",
        _CANCELLED, "", system.cancelled),

    Row("redis", ("send",), "after", "timeout",
        "redis.exceptions.TimeoutError", "Timeout reading from socket", redis.timed_out, may=redis.times_out),
    Row("redis", ("send",), "after", "connection-lost",
        "redis.exceptions.ConnectionError", "Connection closed by server.", redis.reply_lost),
    Row("redis", ("send", "read"), "before", "connection-refused",
        "redis.exceptions.ConnectionError", "Connection refused", redis.refused),
    Row("redis", ("send", "read"), "before", "cancelled",
        _CANCELLED, "", system.cancelled, may=_waits),

    Row("smtplib", ("send",), "after", "connection-lost",
        "smtplib.SMTPServerDisconnected", _LOST_SMTP, mail.reply_lost),
    Row("smtplib", ("send",), "before", "connection-lost",
        "smtplib.SMTPServerDisconnected", _LOST_SMTP, mail.smtplib_cut),
    Row("smtplib", ("send",), "before", "recipients-refused",
        "smtplib.SMTPRecipientsRefused", _UNKNOWN_USER, mail.smtplib_refused),

    Row("aiosmtplib", ("send",), "after", "connection-lost",
        "aiosmtplib.errors.SMTPServerDisconnected", "Unexpected EOF received", mail.reply_lost),
    Row("aiosmtplib", ("send",), "before", "connection-lost",
        "aiosmtplib.errors.SMTPServerDisconnected", "Connection lost", mail.aiosmtplib_cut),
    Row("aiosmtplib", ("send",), "before", "recipients-refused",
        "aiosmtplib.errors.SMTPRecipientsRefused", _UNKNOWN_USER, mail.aiosmtplib_refused),

    Row("botocore", ("send",), "after", "timeout",
        "botocore.exceptions.ReadTimeoutError", "Read timeout", botocore.timed_out),
    Row("botocore", ("send",), "before", "connection-refused",
        "botocore.exceptions.EndpointConnectionError", _REFUSED, botocore.unreachable),
    Row("botocore", ("send",), "before", "throttled",
        "botocore.exceptions.ClientError", "Please reduce your request rate.", botocore.throttled),

    Row("subprocess", ("start",), "before", "program-missing",
        "builtins.FileNotFoundError", "No such file or directory", system.program_missing, may=system.names_a_program),
    Row("subprocess", ("start",), "before", "program-forbidden",
        "builtins.PermissionError", "Permission denied", system.program_forbidden, may=system.names_a_program),

    Row("builtins", ("open",), "before", "disk-full",
        "builtins.OSError", "No space left on device", system.disk_full, may=system.makes_a_file),
    Row("builtins", ("open",), "before", "file-forbidden",
        "builtins.PermissionError", "Permission denied", system.file_forbidden, may=system.names_a_file),
)
# fmt: on


def offers(crossing: Crossing) -> tuple[Offer, ...]:
    """What may go wrong at this library crossing, the loss of a reply first; nothing at others. Never raises."""
    try:
        occasion = occasion_of(crossing)
        return tuple(_offered(occasion)) if occasion is not None else ()
    except Exception:  # noqa: BLE001 - whatever a library's objects do when they are looked at, nothing is offered then
        return ()


def row_of(occasion: Occasion, when: When, slug: str) -> Row | None:
    """The row by which a fault is made, whether or not it was offered."""
    return next((row for row in ROWS if (row.slug, row.when) == (slug, when) and row.applies(occasion)), None)


def _offered(occasion: Occasion) -> Iterator[Offer]:
    for when, most in MOST.items():
        rows = (row for row in ROWS if row.when == when and not row.on_request and row.applies(occasion))
        for row in islice(rows, most):
            yield Offer(when, row.fault(occasion))
    yield from offers_on_wire(occasion)
