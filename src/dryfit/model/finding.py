"""What a check found; the rules by which it is named are ``rule``'s."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from dryfit.model.chain import Link
from dryfit.model.interleaving import Overlap, Step
from dryfit.model.rule import RULES, CheckName, Rule, Severity, rule
from dryfit.model.seam import Place, Seam
from dryfit.model.trial import Experiment

__all__ = ["RULES", "CheckName", "Fact", "Finding", "Rule", "Severity", "finding_id", "rule"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One piece of evidence: a name and what was seen, ready to be shown."""

    name: str
    value: str | int | float | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where modules do not fit. ``test`` is the test that showed it, "" where the source alone did.

    ``id`` is the same from run to run and machine to machine. ``accepted`` is the recorded reason, or ``None``;
    ``experiment`` or ``overlap`` is what shows it again, where a trial has shown it; ``lanes`` are the steps of the
    operations that ran at once then, and ``path`` is the way of the failure.
    """

    id: str
    rule: str
    name: str
    check: CheckName
    severity: Severity
    seam: Seam
    site: Place
    test: str
    message: str
    evidence: tuple[Fact, ...] = ()
    accepted: str | None = None
    experiment: Experiment | None = None
    overlap: Overlap | None = None
    lanes: tuple[Step, ...] = ()
    path: tuple[Link, ...] = ()

    @property
    def replay(self) -> str:
        """The command that shows it again."""
        return f"dryfit replay {self.id}"


def finding_id(identifier: str, seam: Seam, cause: str) -> str:
    """Fingerprint of rule, seam and cause (no line numbers in it): ``DF302-3fa1c2``."""
    text = f"{identifier}\0{seam.caller}\0{seam.callee}\0{seam.callable}\0{cause}"
    return f"{identifier}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"
