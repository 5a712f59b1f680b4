import socket
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

import settings
from auth import AuthService, UserRow
from catalog import Catalog, UnknownProduct
from database import Conflict, DatabaseUnavailable, transaction


def test_a_transaction_is_kept_as_a_whole_or_not_at_all() -> None:
    def half_done() -> None:
        with transaction():
            Catalog().add_product("prod_new", "Mallet", 24)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        half_done()
    with pytest.raises(UnknownProduct):
        Catalog().product("prod_new")


def test_an_inner_transaction_joins_the_outer_one() -> None:
    with transaction() as outer, transaction() as inner:
        assert inner is outer
    with transaction() as later:
        assert later is not outer


def test_sample_rows_are_there_from_the_start() -> None:
    with transaction() as session:
        assert session.scalars(select(UserRow.id)).all() == ["user123"]


def test_a_database_that_is_down(silent_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://shop:secret@127.0.0.1:{silent_port}/shop")
    with pytest.raises(DatabaseUnavailable, match=str(silent_port)) as caught:
        AuthService().user("user123")
    assert isinstance(getattr(caught.value.__cause__, "orig", None), psycopg.OperationalError)
    assert "secret" not in str(caught.value)


def test_a_database_that_does_not_answer_keeps_nobody_from_another(monkeypatch: pytest.MonkeyPatch) -> None:
    answering = settings.database_url()
    with ThreadPoolExecutor(2) as threads, socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("DATABASE_URL", f"postgresql://shop@127.0.0.1:{silent.getsockname()[1]}/shop")
        waiting = threads.submit(AuthService().user, "user123")
        connection, _ = silent.accept()
        with connection:
            monkeypatch.setenv("DATABASE_URL", answering)
            assert threads.submit(AuthService().user, "user123").result(timeout=10).id == "user123"
    assert isinstance(waiting.exception(), DatabaseUnavailable)


def test_a_contradiction_is_told_in_the_shops_own_words() -> None:
    def sign_up_again() -> None:
        with transaction() as session:
            session.add(UserRow(id="user_new", email="sample.customer@example.com"))

    with pytest.raises(Conflict, match="users_email") as caught:
        sign_up_again()
    assert isinstance(caught.value.__cause__, IntegrityError)
