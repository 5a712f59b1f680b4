"""Who is who: sign-up, log-in and the sessions that come of it."""

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from database import Base, Conflict, transaction
from errors import Invalid, NotFound, Refused, Unauthenticated

SESSION_LIFETIME = timedelta(days=14)
SHORTEST_PASSWORD = 10


class BadEmail(Invalid):
    """The text is not an e-mail address."""


class WeakPassword(Invalid):
    """The password is too short."""


class EmailTaken(Refused):
    """Somebody has signed up with this address already."""


class WrongCredentials(Unauthenticated):
    """No account has this address and this password; which of them was wrong is not told."""


class InvalidSession(Unauthenticated):
    """The session was never opened, was closed, or has run out."""


class UnknownUser(NotFound):
    """No user has this id."""


@dataclass(frozen=True, slots=True)
class User:
    """A customer of the shop."""

    id: str
    email: str


@dataclass(frozen=True, slots=True)
class LogIn:
    """An open session; the token is shown once and stored only as a hash."""

    token: str
    user: User
    expires_at: datetime


class UserRow(Base):
    __tablename__ = "users"
    # The sample customer has no password, so that nobody can log in as them.
    __table_args__ = {"info": {"sample": [{"id": "user123", "email": "sample.customer@example.com"}]}}  # noqa: RUF012

    id: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str] = mapped_column(default="", server_default="")


class SessionRow(Base):
    __tablename__ = "sessions"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime]


class AuthService:
    """Knows the shop's users and who of them is logged in."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()

    def sign_up(self, email: str, password: str) -> User:
        """Add a user. Raises BadEmail, WeakPassword, EmailTaken."""
        address = _normal_address(email)
        if len(password) < SHORTEST_PASSWORD:
            raise WeakPassword(f"a password needs at least {SHORTEST_PASSWORD} characters")
        row = UserRow(id=f"user_{uuid.uuid4().hex}", email=address, password_hash=self._hasher.hash(password))
        try:
            with transaction() as session:
                session.add(row)
                session.flush()
                return User(id=row.id, email=row.email)
        except Conflict as error:
            raise EmailTaken(f"{address} has an account already") from error

    def log_in(self, email: str, password: str) -> LogIn:
        """Open a session for two weeks. Raises BadEmail, WrongCredentials."""
        address = _normal_address(email)
        with transaction() as session:
            row = session.scalar(select(UserRow).where(UserRow.email == address))
            if row is None:
                raise WrongCredentials("unknown address or wrong password")
            self._verify(row.password_hash, password)
            log_in = LogIn(
                token=secrets.token_urlsafe(32),
                user=User(id=row.id, email=row.email),
                expires_at=datetime.now(UTC) + SESSION_LIFETIME,
            )
            session.add(
                SessionRow(token_hash=_digest(log_in.token), user_id=row.id, expires_at=log_in.expires_at)
            )
            return log_in

    def user_of_session(self, token: str) -> User:
        """Return who is logged in with the token. Raises InvalidSession."""
        still_open = (SessionRow.token_hash == _digest(token)) & (SessionRow.expires_at > datetime.now(UTC))
        with transaction() as session:
            row = session.scalar(select(UserRow).join(SessionRow).where(still_open))
            if row is None:
                raise InvalidSession("this session is not open; log in first")
            return User(id=row.id, email=row.email)

    def log_out(self, token: str) -> None:
        """Close the session, if it is open."""
        with transaction() as session:
            session.execute(delete(SessionRow).where(SessionRow.token_hash == _digest(token)))

    def user(self, user_id: str) -> User:
        """Return the user with the id. Raises UnknownUser."""
        with transaction() as session:
            row = session.get(UserRow, user_id)
            if row is None:
                raise UnknownUser(f"there is no user {user_id!r}")
            return User(id=row.id, email=row.email)

    def _verify(self, password_hash: str, password: str) -> None:
        try:
            self._hasher.verify(password_hash, password)
        except (VerifyMismatchError, InvalidHashError) as error:
            raise WrongCredentials("unknown address or wrong password") from error


def _normal_address(email: str) -> str:
    try:
        return validate_email(email, check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise BadEmail(f"{email!r} is not an e-mail address: {error}") from error


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
