"""Fixtures: a database of this process's own, clean data for each test, and real servers to talk to."""

import os
import socket
from collections.abc import AsyncIterator, Iterator

import httpx
import psycopg
import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from sqlalchemy import make_url

import database
from api import app
from auth import AuthService, LogIn
from mail_sink import MailSink
from order import OrderSystem
from sandbox_gateway import SandboxGateway

PASSWORD = "correct horse battery"


@pytest.fixture(scope="session", autouse=True)
def own_database() -> Iterator[None]:
    """Keep the tests away from the data at DATABASE_URL, and parallel workers away from each other."""
    configured = os.environ.get("DATABASE_URL")
    if not configured:
        yield
        return
    server = make_url(configured).set(drivername="postgresql")
    name = f"shop_test_{os.getpid()}"
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        os.environ["DATABASE_URL"] = server.set(database=name).render_as_string(hide_password=False)
        yield
        os.environ["DATABASE_URL"] = configured
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture(autouse=True)
def clean_data(own_database: None) -> None:
    """Start every test with the sample data and nothing else."""
    database.reset()


@pytest.fixture(scope="session")
def mail_server() -> Iterator[MailSink]:
    server = MailSink()
    yield server
    server.stop()


@pytest.fixture
def mailbox(mail_server: MailSink, monkeypatch: pytest.MonkeyPatch) -> MailSink:
    """The mail server that the shop sends to, with no mail in it yet."""
    mail_server.messages.clear()
    monkeypatch.setenv("SMTP_URL", mail_server.url)
    return mail_server


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxGateway]:
    """A payment gateway with no payments in it yet."""
    gateway = SandboxGateway()
    monkeypatch.setenv("GATEWAY_URL", gateway.url)
    yield gateway
    gateway.stop()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port of loopback that refuses connections, and that nobody else can take meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def auth() -> AuthService:
    """The real thing, with argon2 at its cheapest."""
    return AuthService(PasswordHasher.from_parameters(CHEAPEST))


@pytest.fixture
def ann(auth: AuthService) -> LogIn:
    """A customer who is logged in."""
    auth.sign_up("ann@example.com", PASSWORD)
    return auth.log_in("ann@example.com", PASSWORD)


@pytest.fixture
def order_id(ann: LogIn) -> str:
    """An order of Ann's, to be paid: two saws for 199.99 with delivery."""
    return OrderSystem().create_order(user_id=ann.user.id, items=[{"product_id": "prod456", "quantity": 2}])


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """Somebody at the HTTP interface."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as visitor:
        yield visitor


@pytest.fixture
def ann_client(client: httpx.AsyncClient, ann: LogIn) -> httpx.AsyncClient:
    """Ann at the HTTP interface."""
    client.headers["Authorization"] = f"Bearer {ann.token}"
    return client
