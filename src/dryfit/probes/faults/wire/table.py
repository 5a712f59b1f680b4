"""What may go wrong on the wire: one table, one row a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from dryfit.model.exchange import SAFE_METHODS
from dryfit.model.trial import Fault, Offer, When
from dryfit.probes.faults import redis, web
from dryfit.probes.faults.occasion import Occasion
from dryfit.probes.faults.wire.dialogue import Dialogue
from dryfit.probes.faults.wire.http import Http
from dryfit.probes.faults.wire.postgres import Postgres
from dryfit.probes.faults.wire.relay import Mode
from dryfit.probes.faults.wire.resp import Resp
from dryfit.probes.faults.wire.smtp import Smtp

DIALOGUES: Mapping[str, Callable[[], Dialogue]] = {
    "redis": Resp,
    **dict.fromkeys(("httpx", "requests", "aiohttp", "botocore"), Http),
    **dict.fromkeys(("smtplib", "aiosmtplib"), Smtp),
    **dict.fromkeys(("psycopg", "psycopg2", "asyncpg"), Postgres),
}
"""Which protocol a driver speaks."""

_CLOUD_READS = ("Get", "List", "Describe", "Head", "Query", "Scan", "BatchGet")


def _changes_something(occasion: Occasion) -> bool:
    """Whether a request that is done twice may make a difference."""
    match occasion.driver:
        case "httpx" | "requests":
            return occasion.argument("request").method.upper() not in SAFE_METHODS
        case "aiohttp":
            return str(occasion.argument("method")).upper() not in SAFE_METHODS
        case "botocore":
            return not occasion.statement.startswith(_CLOUD_READS)
    return occasion.lasting


def _times_out(occasion: Occasion) -> bool:
    """Whether there is a limit to waiting for a reply that need not be waited for: an event loop has its own clock."""
    if occasion.waits:
        return False
    match occasion.driver:
        case "httpx":
            return web.httpx_times_out(occasion)
        case "requests":
            return web.requests_times_out(occasion)
        case "redis":
            return redis.times_out(occasion)
    return occasion.driver == "botocore"


def _always(occasion: Occasion) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Row:
    """One way in which a wire fails; ``clause`` says what becomes of the callee, ``may`` where it can happen.

    What is ``on_request`` only delays a client that tries again, and for any other it is what the catalogue has.
    """

    slug: str
    when: When
    mode: Mode | Literal["refused"]
    clause: str
    may: Callable[[Occasion], bool] = _always
    on_request: bool = False

    @property
    def fault(self) -> Fault:
        """The fault, as it is told."""
        return Fault(self.slug, "", self.clause)


_LOST = "has done its work and the wire loses its reply"
_LATE = "has done its work and its reply comes too late"

ROWS = (
    Row("wire-reply-lost", "after", "reply-lost", _LOST, _changes_something),
    Row(
        "wire-timeout",
        "after",
        "reply-late",
        _LATE,
        lambda each: _changes_something(each) and _times_out(each),
    ),
    Row("wire-cut", "before", "cut", "finds the wire cut", on_request=True),
    Row("wire-refused", "before", "refused", "finds nobody listening at first", on_request=True),
)

MODES: Mapping[str, Mode | Literal["refused"]] = {row.slug: row.mode for row in ROWS}


def offers(occasion: Occasion) -> Iterator[Offer]:
    """What may go wrong on the wire below this crossing."""
    if occasion.driver in DIALOGUES:
        for row in ROWS:
            if not row.on_request and row.may(occasion):
                yield Offer(row.when, row.fault)
