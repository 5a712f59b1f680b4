"""A real service that tests need, as values: what is declared, where it answers, what a test left behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

Isolation = Literal["recycle", "rollback", "clone", "shared"]


@dataclass(frozen=True, slots=True)
class Declaration:
    """One resource that a project declares in ``[tool.dryfit.resources]``.

    ``name`` is its fixture's name, ``kind`` the service ("postgres"), ``provider`` who starts it ("embedded").
    ``env`` are the variables of the program under test that are set to its URL; ``options`` are the kind's and
    the provider's own.
    """

    name: str
    kind: str
    provider: str = "embedded"
    env: tuple[str, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server answers: TCP ``host`` and ``port``, or the directory of its Unix ``socket``; its administrator.

    ``mark`` is the random token that proves the server to be dryfit's own; "" for one that is not. ``tls`` says that
    its URL asks for encryption, ``parameters`` how, in the words of the kind's own URLs (``ssl_ca_certs``).
    """

    host: str
    port: int
    socket: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    database: str = ""
    mark: str = ""
    tls: bool = False
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Handle:
    """What a test gets: where its own part of a resource answers.

    ``env`` are the variables that the program under test finds it by: those that a kind sets by itself, to which the
    declared ones are added, set to ``url``, for whatever kind opens it.
    """

    name: str
    kind: str
    url: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    database: str = ""
    env: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Leftover:
    """What a test left in one place of a resource (a table, a key space, a mailbox, a directory).

    ``change`` is "rows added", "rows changed", "rows removed", "sequence moved", "idle in transaction", …;
    ``count`` how many; ``sample`` a few of them, ready to be shown, secrets masked.
    """

    resource: str
    place: str
    change: str
    count: int
    sample: tuple[str, ...] = ()


class Resource(Protocol):
    """One worker's own part of a running resource: a database, a key space, a bucket, an inbox.

    ``handle`` may bear more than ``Handle`` declares: a kind subclasses it where its users need more.
    """

    @property
    def handle(self) -> Handle:
        """Where it answers."""

    def clean(self) -> tuple[Leftover, ...]:
        """Make the data as they were when it was opened, and tell what had been left; never touches foreign data."""

    def close(self) -> None:
        """Give it back; the server itself lives on for others."""


@runtime_checkable
class Suspendable(Resource, Protocol):
    """A resource that a process can hand over to one that it forks, and that one's death does not spoil.

    A kind that lacks these methods is opened where it is used, and nothing is forked there.
    """

    def suspend(self) -> None:
        """Let go of threads and connections, and keep what the program knows it by: its port, its name."""

    def resume(self) -> None:
        """Take them up again, with clean data, whatever another process has done meanwhile."""
