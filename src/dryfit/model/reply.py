"""What a call told its caller: a value leaf by leaf, or an exception."""

from __future__ import annotations

from dataclasses import dataclass

from dryfit.model.seam import Place

Leaf = tuple[str, str]
"""A path into a value (``.status``, ``[0].id``), and what stands there as text, secrets masked."""


@dataclass(frozen=True, slots=True)
class ErrorSeen:
    """One exception object that crossed a seam.

    ``bases`` are the dotted names of its classes, its own first. ``chain`` are the numbers of the exceptions that it
    was raised from, or while they were handled, the nearest first; ``hides`` says that it was raised ``from None``.
    ``path`` are the project's frames that it passed on its way, from where it was caught, or left the program, to
    where it was raised. ``injected`` marks the fault itself. ``code`` is SQLite's name for what happened, where it was
    SQLite (``SQLITE_BUSY_SNAPSHOT``).
    """

    number: int
    bases: tuple[str, ...]
    text: str
    chain: tuple[int, ...] = ()
    hides: bool = False
    path: tuple[Place, ...] = ()
    injected: bool = False
    code: str = ""
