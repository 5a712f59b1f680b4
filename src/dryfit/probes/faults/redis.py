"""Faults of Redis clients, once their own retries are used up."""

from __future__ import annotations

import sys
from typing import Any

from dryfit.model.trial import Fault
from dryfit.probes.faults.occasion import Occasion
from dryfit.probes.faults.sockets import cut
from dryfit.probes.faults.web import nobody_listens

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
    """Nobody listens any more: connections that are open are closed, and no new one can be made.

    An asynchronous pipeline forgets its commands then; a synchronous one has not yet begun with them.
    """
    _close_all(occasion.holder)
    if occasion.waits and hasattr(occasion.holder, "command_stack"):
        occasion.holder.command_stack = []
    options, said = _options(occasion), nobody_listens()
    reason = said.strerror
    if occasion.waits and "path" not in options:
        reason = f"Connect call failed ({options.get('host', 'localhost')!r}, {options.get('port', 6379)})"
    return _error(fault, f"Error {said.errno} connecting to {_address(options)}. {reason}.")


def reply_lost(occasion: Occasion, fault: Fault) -> BaseException:
    """The command was done, and the connection that waited for its reply is closed."""
    _close_all(occasion.holder)
    return _error(fault, fault.text)


def timed_out(occasion: Occasion, fault: Fault) -> BaseException:
    """The command was done, and the connection that waited too long for its reply is closed."""
    _close_all(occasion.holder)
    return _error(
        fault, f"Timeout reading from {_address(_options(occasion))}" if occasion.waits else fault.text
    )


def _address(options: dict[str, Any]) -> str:
    return str(options.get("path") or f"{options.get('host', 'localhost')}:{options.get('port', 6379)}")


def _error(fault: Fault, text: str) -> BaseException:
    error: BaseException = getattr(sys.modules["redis.exceptions"], fault.exception.rpartition(".")[2])(text)
    return error


def _options(occasion: Occasion) -> dict[str, Any]:
    options: dict[str, Any] = occasion.holder.connection_pool.connection_kwargs
    return options


def _close_all(client: Any) -> None:
    """Close the connections that wait in the pool, and the one that the client may hold by itself."""
    waiting = list(getattr(client.connection_pool, "_available_connections", ()))
    for connection in filter(None, (*waiting, client.connection)):
        _close(connection)


def _close(connection: Any) -> None:
    if not hasattr(connection, "_writer"):
        connection.disconnect()
    elif connection._writer is not None:  # an asynchronous one, whose `disconnect` would have to be awaited
        cut(connection._writer.get_extra_info("socket").fileno())
        connection._writer.close()
        connection._reader = connection._writer = None
