"""Who is there."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import SessionRow, UserRow


class NotLoggedIn(Exception):
    """The token is no one's."""


@dataclass(frozen=True, slots=True)
class User:
    """A customer."""

    id: str
    name: str
    country: str
    regular: bool


def whose(session: Session, token: str) -> User:
    """Return the customer who is logged in with this token."""
    theirs = select(UserRow).join(SessionRow).where(SessionRow.token == token)
    row = session.scalars(theirs).one_or_none()
    if row is None:
        raise NotLoggedIn("log in first")
    return User(row.id, row.name, row.country, row.regular)
