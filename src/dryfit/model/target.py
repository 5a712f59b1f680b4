"""A database or server that a test was connected to, whoever started it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

TargetKind = Literal["postgres", "sqlite", "redis"]

IN_MEMORY = ":memory:"

DATABASES = frozenset({"sqlite3", "psycopg", "psycopg2", "asyncpg", "sqlalchemy", "django"})
"""The libraries through which a program uses a database."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a connection leads. ``name`` may be shown; ``address`` says how to connect, and may hold a password.

    A ``sqlite`` database that is no file (``IN_MEMORY`` begins its name) is reached only through
    what ``connection`` gives, as long as it lives.
    """

    kind: TargetKind
    name: str
    address: str = field(repr=False)
    connection: Callable[[], object] | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
