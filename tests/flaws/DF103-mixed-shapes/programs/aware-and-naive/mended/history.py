"""What the old system knew."""

from datetime import UTC, datetime

from audit import Audit


def restore(audit: Audit, lines: list[str]) -> None:
    for line in lines:
        date, _, what = line.partition(" ")
        audit.record(what, datetime.fromisoformat(date).replace(tzinfo=UTC))
