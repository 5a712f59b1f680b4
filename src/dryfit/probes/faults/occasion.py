"""A library crossing as the catalogue sees it: what is done, by which driver, over which connection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from dryfit.model.crossing import Crossing
from dryfit.model.trial import Fault

Deed = Literal["read", "insert", "write", "begin", "commit", "rollback", "script", "send", "start", "open"]
"""What a crossing does: one of SQL's sorts, or a request, a mail, a command, a program, a file."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Who stands between the program and the driver, and turns the driver's exceptions into its own.

    ``named`` gives the dotted name of what becomes of an exception (dotted name, its class in DB-API), ``given`` the
    exception itself.
    """

    named: Callable[[str, str], str]
    given: Callable[[BaseException], BaseException]


BARE = Layer(lambda exception, _: exception, lambda error: error)
"""Nobody stands between."""


@dataclass(slots=True)
class Occasion:
    """One library crossing.

    ``holder`` is the driver's connection, or the client; ``statement`` the SQL, or the name of the operation.
    ``lasting`` says that what the callee did stays done when its reply is lost; ``waits`` that it is awaited. ``value``
    is what the callee returned, once it has; ``instead`` is what its caller gets in place of that. ``inherited`` says
    that the transaction had begun before the entry did: it is not for the program alone to lose.
    """

    crossing: Crossing
    driver: str
    deed: Deed
    holder: Any
    statement: str = ""
    lasting: bool = False
    waits: bool = False
    layer: Layer = field(default=BARE)
    value: Any = None
    instead: BaseException | None = None
    inherited: bool = False

    def argument(self, name: str) -> Any:
        """The value of a parameter of the callee, ``None`` where it has no such parameter."""
        callee = self.crossing.callee
        return dict(zip(callee.parameters, self.crossing.values, strict=True)).get(name)


Make = Callable[[Occasion, Fault], BaseException | None]
"""Makes a fault happen. Gives the exception for the caller, or ``None`` where the callee is to raise it by itself."""


class NotMadeError(Exception):
    """The fault cannot be made here; the text says why."""
