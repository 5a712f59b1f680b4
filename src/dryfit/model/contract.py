"""What a project has agreed on: which types cross its seams."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Term:
    """One fact about one seam, one line of the contract.

    ``where`` is a parameter's name, ``return`` or ``raise``, with a path within the value (``return[].price``);
    ``type`` is the exact type's dotted name, or ``absent`` for what is lacking at times.
    """

    caller: str
    callable: str
    where: str
    type: str

    @property
    def place(self) -> tuple[str, str, str]:
        """What the type is told of."""
        return (self.caller, self.callable, self.where)


@dataclass(frozen=True, slots=True)
class Contract:
    """Every term, each once."""

    terms: frozenset[Term] = frozenset()

    @property
    def seams(self) -> frozenset[tuple[str, str]]:
        """The callers with the callables that they call."""
        return frozenset((term.caller, term.callable) for term in self.terms)
