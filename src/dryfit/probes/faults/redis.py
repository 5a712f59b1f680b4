"""Faults of Redis clients, once their own retries are used up."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

from dryfit.model.trial import Fault
from dryfit.probes.faults.occasion import Occasion
from dryfit.probes.faults.sockets import cut

READS = frozenset(
    {
        "GET",
        "MGET",
        "STRLEN",
        "GETRANGE",
        "EXISTS",
        "TTL",
        "PTTL",
        "TYPE",
        "KEYS",
        "SCAN",
        "DBSIZE",
        "PING",
        "INFO",
    }
    | {"HGET", "HMGET", "HGETALL", "HEXISTS", "HKEYS", "HVALS", "HLEN", "HSCAN"}
    | {"LRANGE", "LLEN", "LINDEX", "SMEMBERS", "SISMEMBER", "SCARD", "SSCAN"}
    | {
        "ZRANGE",
        "ZREVRANGE",
        "ZRANGEBYSCORE",
        "ZSCORE",
        "ZRANK",
        "ZCARD",
        "ZCOUNT",
        "XRANGE",
        "XREAD",
        "XLEN",
    }
)
"""The commands that change nothing; of every other one the reply may be lost."""


def times_out(occasion: Occasion) -> bool:
    """Whether there is a limit to waiting for a reply."""
    return _options(occasion).get("socket_timeout") is not None


def refused(occasion: Occasion, fault: Fault) -> BaseException:
    """Nobody listens any more: connections that are open are closed, and no new one can be made."""
    _disconnect(occasion.holder)
    options = _options(occasion)
    where = options.get("path") or f"{options.get('host', 'localhost')}:{options.get('port', 6379)}"
    text = f"Error 111 connecting to {where}. Connection refused."
    error: BaseException = sys.modules["redis.exceptions"].ConnectionError(text)
    return error


def reply_lost(occasion: Occasion, fault: Fault) -> BaseException:
    """The command was done, and the connection that waited for its reply is closed."""
    _disconnect(occasion.holder)
    name = fault.exception.rpartition(".")[2]
    error: BaseException = getattr(sys.modules["redis.exceptions"], name)(fault.text)
    return error


def _options(occasion: Occasion) -> dict[str, Any]:
    options: dict[str, Any] = occasion.holder.connection_pool.connection_kwargs
    return options


def _disconnect(client: Any) -> None:
    """Cut the connections that wait in the pool, and the one that the client may hold by itself."""
    waiting = list(getattr(client.connection_pool, "_available_connections", ()))
    for connection in filter(None, (*waiting, client.connection)):
        with suppress(AttributeError, OSError, ValueError):  # it is not connected
            cut(_descriptor(connection))


def _descriptor(connection: Any) -> int:
    writer = getattr(connection, "_writer", None)
    wire = connection._sock if writer is None else writer.get_extra_info("socket")
    return int(wire.fileno())
