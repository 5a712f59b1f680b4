"""Fixtures: customers, orders, a visitor, and servers to talk to.

The database at DATABASE_URL and the `mailbox` are dryfit's (see pyproject.toml): real, clean for each test.
"""

import socket
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST

from api import app
from auth import AuthService, LogIn
from mail_sink import MailSink
from order import OrderSystem
from sandbox_gateway import SandboxGateway

PASSWORD = "correct horse battery"


@pytest.fixture
def strict_mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailSink]:
    """The mail server that the shop starts itself, which knows no `nobody@…` and takes no passwords."""
    server = MailSink()
    monkeypatch.setenv("SMTP_URL", server.url)
    yield server
    server.stop()


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
