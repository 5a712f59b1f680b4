"""Names of variables and attributes that count as state of a program."""

from __future__ import annotations

import re
from functools import lru_cache

_CONTENDED = frozenset({"client", "counter", "next", "registered", "registry", "seq", "sequence", "session"})
"""What a retry or a failure changes by its nature, and two at once may spoil all the same."""

_NO_STATE = frozenset({
    "attempt", "cache", "cached", "clock", "conn", "connection", "cursor", "engine", "error", "exception", "failure",
    "handler", "hook", "lock", "log", "logger", "logging", "metric", "mutex", "plugin", "pool", "retry", "retries",
    "semaphore", "stat", "statistic", "telemetry", "timer", "tries", "warning",
})  # fmt: skip
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


@lru_cache(maxsize=4096)
def is_contended(name: str) -> bool:
    """Whether what bears this name counts as state that operations at once may spoil.

    Left out are names that say cache, metric, log, retry, error, lock, pool, connection and the like, those that say
    plugin or hook, since whoever puts one in does so once, and those that Python has for itself.
    """
    return not name.startswith(("__", "_abc_")) and not _says(name, _NO_STATE)


@lru_cache(maxsize=4096)
def is_state(name: str) -> bool:
    """The same of state that a failure should leave alone: neither a counter, a sequence, a session nor a registry."""
    return is_contended(name) and not _says(name, _CONTENDED)


def _says(name: str, words: frozenset[str]) -> bool:
    found = [word.lower() for word in _WORDS.findall(name)]
    return any(word in words or word.removesuffix("s") in words for word in found)
