"""The rules by which findings are named; by itself, since whoever reads the configuration needs nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CheckName = Literal["data", "interfaces", "exceptions", "performance", "contention"]
Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its letter and number, slug, default severity, and what it means in one sentence."""

    id: str
    slug: str
    check: CheckName
    severity: Severity
    meaning: str


RULES: tuple[Rule, ...] = (
    Rule("DF101", "lossy-transfer", "data", "error", "The same value travels on as a narrower type."),
    Rule(
        "DF102",
        "mutated-argument",
        "data",
        "warning",
        "The callee changes an argument that its caller goes on using.",
    ),
    Rule(
        "DF103",
        "mixed-shapes",
        "data",
        "error",
        "One parameter receives incompatible shapes from different callers.",
    ),
    Rule("DF104", "unexercised-seam", "data", "warning", "No test crosses this seam."),
    Rule("DF105", "mocked-only-seam", "data", "warning", "Tests cross this seam only against stand-ins."),
    Rule(
        "DF106",
        "leftover-data",
        "data",
        "warning",
        "A test leaves data behind that another test can see.",
    ),
    Rule("DF201", "call-mismatch", "interfaces", "error", "A call cannot bind to the callee's signature."),
    Rule(
        "DF202", "annotation-violation", "interfaces", "error", "A value contradicts the callee's type hints."
    ),
    Rule(
        "DF203",
        "mock-drift",
        "interfaces",
        "error",
        "A stand-in returned, accepted or raised what the real callee never does.",
    ),
    Rule(
        "DF204", "shape-drift", "interfaces", "error", "A seam's shapes differ from the committed contract."
    ),
    Rule(
        "DF205",
        "breaking-change",
        "interfaces",
        "error",
        "An interface that other components use changed incompatibly since a git revision.",
    ),
    Rule("DF206", "never-awaited", "interfaces", "error", "A coroutine crossed a seam and was dropped."),
    Rule(
        "DF207",
        "component-cycle",
        "interfaces",
        "warning",
        "Components that cannot be integrated one at a time.",
    ),
    Rule(
        "DF301",
        "swallowed",
        "exceptions",
        "error",
        "A failure vanished, and an effect that there is without it is missing.",
    ),
    Rule(
        "DF302",
        "partial-effect",
        "exceptions",
        "error",
        "After a failure the state is neither as before nor as after success.",
    ),
    Rule(
        "DF303",
        "masked-cause",
        "exceptions",
        "error",
        "The exception that surfaces has lost the one that it came from.",
    ),
    Rule("DF304", "hang", "exceptions", "error", "After a failure there is no end within the limit."),
    Rule(
        "DF305",
        "leak",
        "exceptions",
        "error",
        "A failure leaves a connection, transaction, thread, task, process, file or lock behind.",
    ),
    Rule(
        "DF306",
        "duplicate-effect",
        "exceptions",
        "error",
        "A retry repeats an effect that had already happened.",
    ),
    Rule(
        "DF307",
        "foreign-exception",
        "exceptions",
        "warning",
        "A component lets its resource library's exception escape through its interface.",
    ),
    Rule(
        "DF308",
        "misreported",
        "exceptions",
        "error",
        "The caller was told success though the work failed, or failure though it was done.",
    ),
    Rule(
        "DF501",
        "not-serializable",
        "contention",
        "error",
        "Operations at once come out as in no order of one after the other.",
    ),
    Rule("DF502", "deadlock", "contention", "error", "Operations wait for each other and never end."),
    Rule(
        "DF503",
        "broken-under-overlap",
        "contention",
        "error",
        "A test's own assertions fail in some interleaving of its copies.",
    ),
    Rule(
        "DF504",
        "unhandled-contention",
        "contention",
        "error",
        "A serialization failure, a unique violation or a lock that is busy escapes where operations meet.",
    ),
    Rule(
        "DF505",
        "pool-exhaustion",
        "contention",
        "error",
        "Operations at once all wait for a connection that one of them holds.",
    ),
    Rule(
        "DF506",
        "lock-held-across-call",
        "contention",
        "warning",
        "A transaction or a lock is held while a slow or remote call is made.",
    ),
)


def rule(identifier: str) -> Rule:
    """Look a rule up by its id; raises ``KeyError`` for an unknown one."""
    for candidate in RULES:
        if candidate.id == identifier:
            return candidate
    raise KeyError(identifier)
