"""Who comes in."""

from datetime import UTC, datetime

from audit import Audit


class Login:
    def __init__(self, audit: Audit) -> None:
        self.audit = audit

    def enter(self, name: str) -> None:
        self.audit.record(f"{name} came in", datetime.now(UTC))
