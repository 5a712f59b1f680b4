"""A payment gateway to try things out with: a small HTTP server on loopback that charges nobody."""

import json
import threading
import uuid
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias

Fields: TypeAlias = dict[str, str]

# The payment methods that the sandbox knows, and why it declines the second and third of them.
ACCEPTED_METHODS = frozenset({"credit_card", "debit_card", "sepa_debit"})
DECLINED_METHODS = {"expired_card": "the card has expired", "empty_card": "insufficient funds"}
CURRENCIES = frozenset({"EUR", "USD", "GBP"})


class SandboxGateway:
    """The gateway's server; it runs in a daemon thread until stopped, on a free port of loopback."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._payments: dict[str, Fields] = {}
        self._payment_ids: dict[str, str] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The address of the gateway, as GATEWAY_URL would give it."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        """Stop answering and give the port back."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def pay(self, request: Fields, idempotency_key: str | None) -> tuple[HTTPStatus, Fields]:
        """Charge once for each idempotency key; a declined charge may be tried again under the same key."""
        with self._lock:
            if idempotency_key in self._payment_ids:
                return HTTPStatus.OK, self._payments[self._payment_ids[idempotency_key]]
            problem = _problem(request)
            if problem:
                return problem
            payment = self._book(request)
            if idempotency_key is not None:
                self._payment_ids[idempotency_key] = payment["id"]
            return HTTPStatus.CREATED, payment

    def refund(self, payment_id: str) -> tuple[HTTPStatus, Fields]:
        """Give a payment back; a second refund of it changes nothing."""
        with self._lock:
            if payment_id not in self._payments:
                return HTTPStatus.NOT_FOUND, {"error": f"no payment {payment_id}"}
            self._payments[payment_id]["status"] = "refunded"
            return HTTPStatus.OK, self._payments[payment_id]

    def status_of(self, payment_id: str) -> str:
        """Return `success` or `refunded`. Raises KeyError for a payment that was never made."""
        with self._lock:
            return self._payments[payment_id]["status"]

    def _book(self, request: Fields) -> Fields:
        payment = {
            "id": f"pay_{uuid.uuid4().hex}",
            "status": "success",
            "amount": request["amount"],
            "currency": request["currency"],
            "paid_at": datetime.now(UTC).isoformat(),
        }
        self._payments[payment["id"]] = payment
        return payment

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                match self.path.strip("/").split("/"):
                    case ["payments"]:
                        self._answer(*gateway.pay(self._body(), self.headers.get("Idempotency-Key")))
                    case ["payments", payment_id, "refund"]:
                        self._answer(*gateway.refund(payment_id))
                    case _:
                        self._answer(HTTPStatus.NOT_FOUND, {"error": f"no such path: {self.path}"})

            def _body(self) -> Fields:
                fields: Fields = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                return fields

            def _answer(self, status: HTTPStatus, fields: Fields) -> None:
                content = json.dumps(fields).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                """Keep the shop's console free of one line a request."""

        return Handler


def _problem(request: Fields) -> tuple[HTTPStatus, Fields] | None:
    method, currency = request["payment_method"], request["currency"]
    if method in DECLINED_METHODS:
        return HTTPStatus.PAYMENT_REQUIRED, {"error": DECLINED_METHODS[method]}
    if method not in ACCEPTED_METHODS:
        return HTTPStatus.UNPROCESSABLE_ENTITY, {"error": f"unknown payment method {method}"}
    if currency not in CURRENCIES:
        return HTTPStatus.UNPROCESSABLE_ENTITY, {"error": f"unknown currency {currency}"}
    return None
