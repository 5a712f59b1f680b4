import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import httpx
import pytest

from money import InvalidAmount
from payment_gateway import GatewayUnavailable, PaymentDeclined, PaymentGateway, PaymentRejected
from sandbox_gateway import SandboxGateway


@contextmanager
def answering(status: int, content: bytes) -> Iterator[str]:
    """Run a server that gives the same answer to everything, and yield its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


async def test_a_payment_succeeds() -> None:
    payment = await PaymentGateway().process_payment(
        amount=100.00, currency="USD", payment_method="credit_card"
    )
    assert payment.id
    assert (payment.status, str(payment.amount), payment.currency) == ("success", "100.00", "USD")
    assert payment.paid_at.tzinfo is not None


async def test_the_same_key_is_charged_once(sandbox: SandboxGateway) -> None:
    gateway = PaymentGateway()
    first = await gateway.process_payment(5, "EUR", "credit_card", idempotency_key="k")
    again = await gateway.process_payment(5, "EUR", "credit_card", idempotency_key="k")
    other = await gateway.process_payment(5, "EUR", "credit_card")
    assert first.id == again.id != other.id


async def test_a_refund_gives_the_payment_back(sandbox: SandboxGateway) -> None:
    payment = await PaymentGateway().process_payment(5, "EUR", "credit_card")
    assert (await PaymentGateway().refund(payment.id)).status == "refunded"
    assert sandbox.status_of(payment.id) == "refunded"


@pytest.mark.parametrize(("method", "reason"), [("expired_card", "expired"), ("empty_card", "insufficient")])
async def test_a_declined_payment_says_why(method: str, reason: str) -> None:
    with pytest.raises(PaymentDeclined, match=reason):
        await PaymentGateway().process_payment(5, "EUR", method)


@pytest.mark.parametrize(("currency", "method"), [("XXX", "credit_card"), ("EUR", "shells")])
async def test_what_the_gateway_does_not_know_is_named(currency: str, method: str) -> None:
    with pytest.raises(PaymentRejected, match=r"XXX|shells"):
        await PaymentGateway().process_payment(5, currency, method)


async def test_an_unknown_payment_cannot_be_refunded() -> None:
    with pytest.raises(PaymentRejected, match="pay_0"):
        await PaymentGateway().refund("pay_0")


async def test_a_wrong_address_is_noticed(sandbox: SandboxGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_URL", f"{sandbox.url}/v0")
    with pytest.raises(PaymentRejected, match="no such path"):
        await PaymentGateway().process_payment(5, "EUR", "credit_card")


@pytest.mark.parametrize("amount", [-5, 0, 0.004])
async def test_an_amount_that_is_none_is_not_even_sent(amount: float) -> None:
    with pytest.raises(InvalidAmount):
        await PaymentGateway().process_payment(amount, "EUR", "credit_card")


async def test_a_gateway_that_is_down(silent_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_URL", f"http://127.0.0.1:{silent_port}")
    with pytest.raises(GatewayUnavailable, match=str(silent_port)) as caught:
        await PaymentGateway().process_payment(5, "EUR", "credit_card")
    assert isinstance(caught.value.__cause__, httpx.ConnectError)


async def test_a_gateway_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        monkeypatch.setenv("GATEWAY_URL", f"http://127.0.0.1:{mute.getsockname()[1]}")
        with pytest.raises(GatewayUnavailable) as caught:
            await PaymentGateway(timeout_seconds=0.05).process_payment(5, "EUR", "credit_card")
    assert isinstance(caught.value.__cause__, httpx.TimeoutException)


@pytest.mark.parametrize(("status", "content"), [(500, b"oops"), (200, b"<html>"), (200, b'{"id": "1"}')])
async def test_a_gateway_that_talks_nonsense(
    status: int, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(status, content) as url:
        monkeypatch.setenv("GATEWAY_URL", url)
        with pytest.raises(GatewayUnavailable):
            await PaymentGateway().process_payment(5, "EUR", "credit_card")
