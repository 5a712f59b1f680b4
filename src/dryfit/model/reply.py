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
    was raised from, or while they were handled, the nearest first. ``path`` are the project's frames that it passed on
    its way, from where it was caught, or left the program, to where it was raised. ``injected`` marks the fault itself.
    ``code`` is SQLite's name for what happened, where it was SQLite (``SQLITE_BUSY_SNAPSHOT``).
    """

    number: int
    bases: tuple[str, ...]
    text: str
    chain: tuple[int, ...] = ()
    path: tuple[Place, ...] = ()
    injected: bool = False
    code: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a request to the program's own interface was answered with: a status of HTTP, 500 where nobody handled it.

    ``errors`` are the exception by which the program has failed, as far as one was seen, and those that it was raised
    from, the nearest first; none where the status is below 500.
    """

    status: int
    errors: tuple[ErrorSeen, ...] = ()

    @property
    def is_failure(self) -> bool:
        """Whether the program says that it has failed, and not that the request was wrong, or came too late."""
        return self.status >= 500

    @property
    def is_refusal(self) -> bool:
        """Whether the program refuses the request, on purpose."""
        return 400 <= self.status < 500
