"""Finds what puts back the state of whatever a program's connection leads to; only what is a test's own is touched."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast, runtime_checkable

from dryfit.model.interleaving import Rewind
from dryfit.model.resource import Resource
from dryfit.model.target import Target
from dryfit.resources import sqlite_rewind


@runtime_checkable
class Rewindable(Protocol):
    """A resource whose data can be put back in the middle of a test."""

    def serves(self, target: Target) -> bool:
        """Whether a connection of the program's leads to it."""

    def rewind(self) -> Rewind:
        """What does it, until the test is over."""


@dataclass(frozen=True, slots=True)
class Refused:
    """``Rewind`` of what is not to be touched, and why."""

    why: str

    def take(self) -> str:
        """Nothing is remembered."""
        return self.why

    def back(self) -> str:
        """Nothing is put back."""
        return self.why


@dataclass(frozen=True, slots=True)
class Together:
    """``Rewind`` of several things, in order, until one refuses."""

    parts: tuple[Rewind, ...]

    def take(self) -> str:
        """Remember all of them."""
        return next((said for part in self.parts if (said := part.take())), "")

    def back(self) -> str:
        """Put all of them back."""
        return next((said for part in self.parts if (said := part.back())), "")


def rewind_of(target: Target, resources: Iterable[Resource], is_ours: Callable[[Path], bool]) -> Rewind:
    """Of what a connection leads to: one of the open resources, or SQLite in memory or in a file of the tests'.

    ``is_ours`` says of a file that nobody but the tests writes to it, as in their ``tmp_path``.
    """
    for resource in resources:
        if isinstance(resource, Rewindable) and resource.serves(target):
            return resource.rewind()
    if target.kind != "sqlite":
        return Refused(f"{target} is none of dryfit's own; declare it in [tool.dryfit.resources]")
    if target.connection is not None:
        return _in_memory(target)
    path = Path(target.address).resolve()
    if is_ours(path):
        return sqlite_rewind.of_file(path)
    return Refused(
        f"{target} was not made by the tests, and may be somebody else's; put it below tmp_path, or let dryfit make it"
    )


def _in_memory(target: Target) -> Rewind:
    assert target.connection is not None
    connection = cast(sqlite3.Connection | None, target.connection())
    if connection is None or sqlite_rewind.is_closed(connection):
        return Together(())  # its data are gone
    return sqlite_rewind.of_connection(target.name, connection)
