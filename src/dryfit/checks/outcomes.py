"""Outcomes that are no part of what a callable promises."""

from __future__ import annotations

NOT_THE_CALLEES = frozenset({
    "AssertionError", "AttributeError", "GeneratorExit", "KeyboardInterrupt", "NameError", "NotImplementedError",
    "RecursionError", "StopAsyncIteration", "StopIteration", "SystemExit", "TypeError",
    "asyncio.exceptions.CancelledError",
})  # fmt: skip
"""Exceptions that say that somebody wrote something wrong, or that the program ends: no outcome to stand in for."""
