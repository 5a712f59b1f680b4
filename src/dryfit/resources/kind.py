"""What a kind of resource and a provider of servers have to offer each other."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from dryfit.model.resource import Declaration, Endpoint, Resource

BESIDE = "127.0.0.2" if sys.platform == "linux" else "::1"
"""Where a server's second port is found: the same number, at another address of loopback, is free."""


@dataclass(frozen=True, slots=True)
class Option:
    """One key that a resource's table may hold. ``allowed`` says so in words; ``good`` decides."""

    name: str
    allowed: str
    good: Callable[[object], bool]


@dataclass(frozen=True, slots=True)
class Launch:
    """How a server runs on this machine as a process of ours.

    Two declarations with the same ``key`` share one server. ``prepare`` fills the empty directory ``home`` before
    the start; ``complete`` adds, meanwhile, what the server can start without: nobody else is told of it before. In
    ``command`` and ``environment``, ``{home}``, ``{port}`` (a free one of loopback) and ``{mark}`` (a random token,
    good as a password, so that nobody else's server is taken for this one) are filled in; ``endpoint`` says where it
    will answer, given home and port; ``is_ready`` is asked every 2 ms. ``stop_signal`` ends it; ``unprivileged`` says
    that it refuses to run as root. ``called`` is what it is called where it did not start, if not by its program.
    """

    key: str
    command: tuple[str, ...]
    prepare: Callable[[Path], None]
    endpoint: Callable[[Path, int], Endpoint]
    is_ready: Callable[[Endpoint], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: str = "SIGTERM"
    unprivileged: bool = False
    in_memory: bool = False
    called: str = ""
    complete: Callable[[Path], None] = lambda home: None


@dataclass(frozen=True, slots=True)
class Container:
    """How the same server runs in a container. ``tmpfs`` are the paths where it keeps data.

    ``beside`` is a second port, if the server has one; it is found at ``BESIDE``, by the number of the first.
    """

    image: str
    port: int
    beside: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    tmpfs: tuple[str, ...] = ()
    user: str = ""
    password: str = field(default="", repr=False)
    database: str = ""


class Kind(Protocol):
    """One kind of resource. ``launch`` and ``container`` are asked only where a server is needed (``has_server``)."""

    has_server: bool
    options: tuple[Option, ...]

    def launch(self, declaration: Declaration, root: Path) -> Launch:
        """How to run it here; raises ``ResourceError`` that says what to install where its programs are missing."""

    def container(self, declaration: Declaration) -> Container:
        """How to run it in a container."""

    def is_ready(self, endpoint: Endpoint) -> bool:
        """Whether the server answers; never raises for one that does not yet."""

    def open(self, declaration: Declaration, endpoint: Endpoint | None, root: Path, space: str) -> Resource:
        """Give a worker its part of the server; no other worker of any run has the name ``space`` at this time."""


@runtime_checkable
class Heavy(Protocol):
    """A kind whose ``open`` imports what takes its time: that can be done while its server starts."""

    def load(self) -> None:
        """Import it."""


@runtime_checkable
class Twofold(Protocol):
    """A kind whose servers answer at a second place as well, as a broker does with its management."""

    def second(self, declaration: Declaration, endpoint: Endpoint) -> Endpoint:
        """Where that is."""


Provide = Callable[[Kind, Declaration, Path], AbstractContextManager[Endpoint]]
"""Start or find the server for a declaration of the project at a root; leaving the context lets go of it."""


class ByHand(Protocol):
    """What a provider can do beyond the life of one process, for ``dryfit env``."""

    def up(self, kind: Kind, declaration: Declaration, root: Path) -> Endpoint:
        """Start the server, or find it, and let it live on until ``down``."""

    def down(self, kind: Kind, declaration: Declaration, root: Path) -> None:
        """Let go of it: it ends when no test uses it any more."""

    def logs(self, kind: Kind, declaration: Declaration, root: Path) -> str | None:
        """What the server has written so far; ``None`` where none runs."""


@dataclass(frozen=True, slots=True)
class Provider:
    """What a provider's module holds as ``provider``; without ``by_hand`` its servers are not dryfit's to keep."""

    provide: Provide
    options: tuple[Option, ...] = ()
    by_hand: ByHand | None = None
