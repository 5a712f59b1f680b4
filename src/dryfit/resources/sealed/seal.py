"""Seals a session: as tight as the kernel allows, and honest about what it could not hold."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from contextlib import ExitStack

from dryfit.model.resource import Endpoint
from dryfit.resources.sealed import namespace, outside
from dryfit.resources.sealed.hook import Attempt, Hook

VARIABLE = "DRYFIT_SEALED"
"""Tells the workers of pytest-xdist, which are started inside, what holds them already."""

# What libpq, curl and others say where there is nothing but loopback.
_UNREACHABLE = re.compile(
    "Network is unreachable|failure in name resolution|Name or service not known"
    "|could not translate host name|Could not resolve host"
)


class Seal:
    """A sealed session. ``reason`` says why no namespace could be had; "" where one holds."""

    def __init__(self, reason: str, hook: Hook, undo: ExitStack, not_held: str = "") -> None:
        self.reason = reason
        self._hook = hook
        self._undo = undo
        self._not_held = not_held

    @property
    def attempts(self) -> Sequence[Attempt]:
        """What Python's own sockets in this process were refused, including what the program kept to itself."""
        return tuple(self._hook.attempts)

    def __str__(self) -> str:
        if self.reason:
            return f"sealed in Python only, for {self.reason}: libpq and subprocesses could not be held"
        earlier = f"; threads that ran before are not held: {self._not_held}" if self._not_held else ""
        return f"sealed by a network namespace, libpq and subprocesses too{earlier}"

    def explain(self, failure: str) -> str:
        """One line for a test whose failure text speaks of an unreachable network; "" for any other."""
        if self.reason or not _UNREACHABLE.search(failure):
            return ""
        return (
            "this session is sealed: only declared resources and loopback can be reached;"
            " declare it in [tool.dryfit.resources], or run without --sealed"
        )

    def close(self) -> None:
        """Hold nothing any more; only a process of an ordinary user stays in its namespace until it ends."""
        self._hook.off()
        self._undo.close()


def seal(allowed: Iterable[Endpoint]) -> Seal:
    """Let connections lead to ``allowed`` and to loopback only, until the seal is closed.

    To be called in the main thread, before it starts others, and after the servers were started. In a process that a
    sealed one has started it only explains: what is allowed is what that one allowed. Raises ``ResourceError`` for a
    host that has no address.
    """
    known = json.loads(os.environ.get(VARIABLE, "{}"))
    if known and known["namespace"] in ("", namespace.identity()):
        return Seal(known["reason"], Hook(frozenset(map(tuple, known["allowed"]))), ExitStack())
    targets = [outside.Target.of(endpoint) for endpoint in allowed if endpoint.port]
    pairs = frozenset((host, target.port) for target in targets for host in (target.host, *target.addresses))
    others = outside.other_threads()
    try:
        undo, reason = outside.enter(targets), ""
    except OSError as error:
        undo, reason = ExitStack(), error.strerror or str(error)
    within = "" if reason else namespace.identity()
    os.environ[VARIABLE] = json.dumps({"namespace": within, "reason": reason, "allowed": sorted(pairs)})
    undo.callback(os.environ.pop, VARIABLE, None)
    return Seal(reason, Hook(pairs), undo, others)
