"""Serves the shop of this folder on loopback, or the gateway that it talks to, and has Pact verify a file against it.

python provider.py PACT [DESCRIPTION]; the description is a regular expression for those interactions that matter.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import uvicorn
from api import app
from auth import SessionRow, UserRow
from database import transaction
from order import OrderLineRow, OrderRow, OrderSystem
from pact import Verifier
from payment import PaymentRow
from sandbox_gateway import SandboxGateway
from sqlalchemy import delete, update

ANN, SAMPLE_CUSTOMER = "user_ann", "user123"
TWO_SAWS = [{"product_id": "prod456", "quantity": 2}]


def prepare(state: str, parameters: dict[str, object]) -> None:
    """Bring about what the test of that name had brought about, by the names and values in the contract."""
    if not state:  # Pact's way to begin an interaction that needs none
        return
    test = state.rpartition("::")[2]
    after = parameters.get("after", [])
    clear()
    logged_out = "DELETE /sessions/current → 204" in after or test.startswith("test_orders_need_a_session")
    if "token" in parameters and not logged_out:
        log_in(str(parameters["token"]))
    if "order_id" in parameters or test == "test_orders_are_listed":
        owner = SAMPLE_CUSTOMER if test == "test_somebody_elses_order_is_unknown" else ANN
        make_order(owner, str(parameters.get("order_id", "order_1")), after)
    if test == "test_a_gateway_that_is_down":
        os.environ["GATEWAY_URL"] = f"http://127.0.0.1:{silent_port()}"
    if test == "test_a_payment_stands_though_the_mail_server_is_down":
        os.environ["SMTP_URL"] = f"smtp://127.0.0.1:{silent_port()}"


def clear() -> None:
    """Leave the sample rows only, and a gateway with nothing in it."""
    os.environ["GATEWAY_URL"] = SandboxGateway().url  # it would know the payments of the same order
    os.environ.pop("SMTP_URL", None)
    with transaction() as session:
        for table in (PaymentRow, OrderLineRow, OrderRow, SessionRow):
            session.execute(delete(table))
        session.execute(delete(UserRow).where(UserRow.id == ANN))
        session.add(UserRow(id=ANN, email="ann@example.com"))


def log_in(token: str) -> None:
    """Let the token be that of an open session."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    with transaction() as session:
        session.add(
            SessionRow(token_hash=sha256(token.encode()).hexdigest(), user_id=ANN, expires_at=tomorrow)
        )


def make_order(owner: str, order_id: str, after: object) -> None:
    """Make an order of that id, and do with it what the test had done."""
    orders = OrderSystem()
    made = orders.create_order(owner, TWO_SAWS)
    if "POST /orders/{order_id}/cancellation → 200" in after:
        orders.cancel_order(made)
    if "POST /orders/{order_id}/payment → 201" in after:
        orders.complete_order(made, datetime.now(UTC))
    with transaction() as session:
        [order] = session.query(OrderRow).where(OrderRow.id == made)
        session.add(OrderRow(**{column: getattr(order, column) for column in COLUMNS} | {"id": order_id}))
        session.flush()
        session.execute(update(OrderLineRow).where(OrderLineRow.order_id == made).values(order_id=order_id))
        session.execute(delete(OrderRow).where(OrderRow.id == made))


COLUMNS = ("user_id", "status", "delivery_cost", "total", "placed_at", "paid_at")
taken = socket.socket()


def silent_port() -> int:
    """A port that refuses connections, and that nobody else can take meanwhile."""
    if not taken.getsockname()[1]:
        taken.bind(("127.0.0.1", 0))
    return int(taken.getsockname()[1])


def serve() -> str:
    """Serve the shop in a thread; returns its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    threading.Thread(target=server.run, args=([listening],), daemon=True).start()
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


def verify_shop() -> Verifier:
    """Let Pact ask the shop."""
    verifier = Verifier("dryfit-example-shop", host="127.0.0.1").add_transport(url=serve())
    return verifier.state_handler(prepare, teardown=False)


def verify_gateway() -> Verifier:
    """Let Pact ask the sandbox, which has forgotten each time what was paid under the same key."""
    gateway = SandboxGateway()
    verifier = Verifier("localhost", host="127.0.0.1").add_transport(url=gateway.url)
    return verifier.state_handler(lambda state, parameters: gateway._payment_ids.clear(), teardown=False)


if __name__ == "__main__":
    file, *descriptions = sys.argv[1:]
    verifier = verify_gateway() if "localhost" in file else verify_shop()
    for description in descriptions:
        verifier.filter(description)
    verifier.add_source(file).set_coloured_output(enabled=False).verify()
