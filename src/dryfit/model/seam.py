"""Where two components meet."""

from dataclasses import dataclass
from typing import Literal

DRIVER = "<tests>"
"""The caller of an entry crossing: the test code, which stands above every component."""

Effect = Literal["call", "read", "write", "send"]
"""What a crossing does to the world: nothing known, or an effect on a resource."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of source: ``file`` is relative to the project's root, with forward slashes; 0 is no line."""

    file: str
    line: int
    function: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True, order=True)
class Seam:
    """One caller component to one callable of another component, or of a resource library.

    ``callable`` is the dotted name, module and qualified name: ``payment.PaymentProcessor.process_payment``.
    """

    caller: str
    callee: str
    callable: str

    def __str__(self) -> str:
        return f"{self.caller} → {self.callable}"
