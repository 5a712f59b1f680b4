"""Puts the keys of a Redis database of dryfit's own back to what they were."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dryfit.model.errors import ResourceError
from dryfit.resources.guard import redis as guard
from dryfit.resources.guard.mark import Mark

if TYPE_CHECKING:
    from redis import Redis

MOST_KEYS = 2_000
"""A database with more keys is not remembered: running its test anew costs less."""


class _RefusedError(Exception):
    """The keys cannot be remembered: its text says why."""


@dataclass(frozen=True, slots=True)
class _Key:
    """The value of a key as Redis writes it down, and how many milliseconds it had to live, 0 for ever."""

    dump: bytes
    lifetime: int


class RedisRewind:
    """``Rewind`` of one marked database; the client gives bytes. A key that expires has as long to live as it had."""

    def __init__(self, client: Redis, mark: Mark) -> None:
        self._client, self._mark = client, mark
        self._kept: Mapping[bytes, _Key] = {}

    def take(self) -> str:
        """Remember every key with its value."""
        try:
            self._kept = self._now()
        except _errors() as error:
            return f"redis database {self._mark.identity.part}: {error}"
        return ""

    def back(self) -> str:
        """Write back what differs, in one step with the proof that the database is dryfit's own."""
        try:
            self._put_back(self._now())
        except _errors() as error:
            return f"redis database {self._mark.identity.part}: {error}"
        return ""

    def _put_back(self, now: Mapping[bytes, _Key]) -> None:
        removed = sorted(now.keys() - self._kept.keys())
        changed = [
            (key, kept.lifetime, kept.dump)
            for key, kept in self._kept.items()
            if now.get(key) != kept or kept.lifetime
        ]
        if removed or changed:
            guard.put_back(self._client, self._mark, removed, changed)

    def _now(self) -> Mapping[bytes, _Key]:
        if self._client.dbsize() > MOST_KEYS:
            raise _RefusedError(f"it has more than {MOST_KEYS:,} keys")
        keys = sorted(key for key in self._client.scan_iter(count=MOST_KEYS) if key != guard.KEY.encode())
        return dict(self._read(keys)) if keys else {}

    def _read(self, keys: Sequence[bytes]) -> Iterator[tuple[bytes, _Key]]:
        pipeline: Any = self._client.pipeline(transaction=False)
        for key in keys:
            pipeline.dump(key)
            pipeline.pttl(key)
        answers = pipeline.execute()
        for key, dump, lifetime in zip(keys, answers[::2], answers[1::2], strict=True):
            if dump is not None:  # else it has expired meanwhile
                yield key, _Key(dump, max(lifetime, 0))


def _errors() -> tuple[type[Exception], ...]:
    import redis

    return (redis.RedisError, ResourceError, _RefusedError)
