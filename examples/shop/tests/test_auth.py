from datetime import UTC, datetime, timedelta

import pytest
from conftest import PASSWORD
from sqlalchemy import select, update

from auth import (
    AuthService,
    BadEmail,
    EmailTaken,
    InvalidSession,
    LogIn,
    SessionRow,
    UnknownUser,
    UserRow,
    WeakPassword,
    WrongCredentials,
)
from database import transaction


def test_a_session_shows_who_is_logged_in(auth: AuthService, ann: LogIn) -> None:
    assert auth.user_of_session(ann.token) == ann.user


def test_addresses_are_compared_without_case(auth: AuthService, ann: LogIn) -> None:
    assert auth.log_in("Ann@Example.COM", PASSWORD).user == ann.user


def test_an_address_signs_up_once(auth: AuthService, ann: LogIn) -> None:
    with pytest.raises(EmailTaken, match=r"ann@example\.com") as caught:
        auth.sign_up("ANN@example.com", PASSWORD)
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize(
    "email", ["", "ann", "ann@", "@example.com", "ann@example.com\r\nBcc: x@example.com"]
)
def test_what_is_no_address_cannot_sign_up(auth: AuthService, email: str) -> None:
    with pytest.raises(BadEmail, match="not an e-mail address"):
        auth.sign_up(email, PASSWORD)


def test_a_short_password_is_refused(auth: AuthService) -> None:
    with pytest.raises(WeakPassword, match="at least 10"):
        auth.sign_up("bob@example.com", "short")


@pytest.mark.parametrize(
    "email", ["ann@example.com", "nobody-here@example.com", "sample.customer@example.com"]
)
def test_a_wrong_password_tells_nothing_about_the_account(auth: AuthService, ann: LogIn, email: str) -> None:
    with pytest.raises(WrongCredentials, match=r"^unknown address or wrong password$"):
        auth.log_in(email, "not the password")


def test_neither_password_nor_token_is_stored(auth: AuthService, ann: LogIn) -> None:
    with transaction() as session:
        user = session.scalars(select(UserRow).where(UserRow.id == ann.user.id)).one()
        password_hash = user.password_hash
        stored = {password_hash, *session.scalars(select(SessionRow.token_hash))}
    assert not stored & {PASSWORD, ann.token}
    assert password_hash.startswith("$argon2id$")


def test_logging_out_closes_the_session(auth: AuthService, ann: LogIn) -> None:
    auth.log_out(ann.token)
    with pytest.raises(InvalidSession):
        auth.user_of_session(ann.token)


def test_a_session_runs_out(auth: AuthService, ann: LogIn) -> None:
    with transaction() as session:
        session.execute(update(SessionRow).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    with pytest.raises(InvalidSession):
        auth.user_of_session(ann.token)


def test_users_are_known_by_id(auth: AuthService, ann: LogIn) -> None:
    assert auth.user(ann.user.id) == ann.user
    with pytest.raises(UnknownUser, match="user_of_nowhere"):
        auth.user("user_of_nowhere")
