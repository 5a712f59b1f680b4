"""What happened when."""

from datetime import datetime


class Audit:
    def __init__(self) -> None:
        self.events: list[tuple[datetime, str]] = []

    def record(self, what: str, when: datetime) -> None:
        self.events.append((when, what))

    def latest(self) -> str:
        return max(self.events)[1]
