"""The digest of one Redis database: every key of any type, with its value."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from dryfit.model.digest import Column, Contents, Digest
from dryfit.resources.digest.cells import cell

MOST_KEYS = 2_000
"""A database with more keys is left out; the digest says so."""

MOST_ITEMS = 1_000
"""Of longer values only the length is kept."""

KEYS = "keys"
"""The place that lists the keys."""

COLUMNS = (Column("key", key=True), Column("type"), Column("value"), Column("expires"))

_LENGTHS: Mapping[str, str] = {
    "string": "STRLEN",
    "list": "LLEN",
    "set": "SCARD",
    "zset": "ZCARD",
    "hash": "HLEN",
    "stream": "XLEN",
}

_READ: Mapping[str, tuple[str, tuple[object, ...]]] = {
    "string": ("GET", ()),
    "list": ("LRANGE", (0, -1)),
    "set": ("SMEMBERS", ()),
    "zset": ("ZRANGE", (0, -1, "WITHSCORES")),
    "hash": ("HGETALL", ()),
    "stream": ("XRANGE", ("-", "+")),
}


def read(address: str, source: str) -> Digest:
    """Read the database at a URL, through a connection of our own. Raises ``redis.RedisError``."""
    import redis

    taken = time.time()
    client = redis.Redis.from_url(
        address, socket_timeout=1, socket_connect_timeout=1, retry=None, client_name="dryfit"
    )
    with closing(client):
        if client.dbsize() > MOST_KEYS:
            return Digest(skipped=(((source, KEYS), f"more than {MOST_KEYS} keys"),), taken=taken)
        keys = sorted(client.scan_iter(count=MOST_KEYS))
        rows = tuple(_rows(client, keys)) if keys else ()
    return Digest((Contents(source, KEYS, COLUMNS, rows),), taken=taken)


def _rows(client: Any, keys: list[bytes]) -> list[tuple[str, ...]]:
    types = [kind.decode() for kind in _all(client, [("TYPE", key) for key in keys])]
    lifetimes = _all(client, [("PTTL", key) for key in keys])
    lengths = _all(
        client, [(_LENGTHS.get(kind, "EXISTS"), key) for kind, key in zip(types, keys, strict=True)]
    )
    small = [length <= MOST_ITEMS or kind == "string" for kind, length in zip(types, lengths, strict=True)]
    values = iter(
        _all(
            client,
            [
                (_READ[kind][0], key, *_READ[kind][1])
                for kind, key, fits in zip(types, keys, small, strict=True)
                if fits and kind in _READ
            ],
        )
    )
    return [
        (
            cell(_text(key)),
            cell(kind),
            cell(_value(kind, next(values)) if fits and kind in _READ else f"{length} items"),
            cell(lifetime >= 0),
        )
        for key, kind, length, fits, lifetime in zip(keys, types, lengths, small, lifetimes, strict=True)
        if kind != "none"  # expired meanwhile
    ]


def _all(client: Any, commands: list[tuple[object, ...]]) -> list[Any]:
    """Run commands in one round trip; their answers as the server gives them."""
    pipeline = client.pipeline(transaction=False)
    pipeline.response_callbacks = {}
    for command in commands:
        pipeline.execute_command(*command)
    answers: list[Any] = pipeline.execute(raise_on_error=False)
    return answers


def _value(kind: str, answer: Any) -> object:
    """An answer as a document, whichever protocol it came by: what has no order is sorted, what is a pair is one."""
    if kind == "set":
        return sorted(_plain(part) for part in answer)
    if kind == "hash":
        return dict(_pairs(answer.items() if isinstance(answer, dict) else answer))
    if kind == "zset":
        return [[member, float(score)] for member, score in _pairs(answer)]
    return _plain(answer)


def _pairs(answer: Any) -> list[tuple[Any, Any]]:
    """RESP3 gives pairs, RESP2 one thing after the other."""
    found = list(answer)
    if found and isinstance(found[0], bytes):
        found = list(zip(found[::2], found[1::2], strict=True))
    return [(_plain(first), _plain(second)) for first, second in found]


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return _text(value)
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value


def _text(content: bytes) -> str:
    return content.decode(errors="backslashreplace")
