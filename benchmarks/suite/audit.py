"""Who did what, and when."""

from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage import EventRow


def note(session: Session, what: str, subject: str) -> None:
    """Write an event down."""
    session.add(EventRow(what=what, subject=subject, at=datetime.now(UTC)))


def count(session: Session, subject: str) -> int:
    """Return how many events there are about something."""
    about = select(func.count()).select_from(EventRow).where(EventRow.subject == subject)
    return session.scalar(about) or 0
