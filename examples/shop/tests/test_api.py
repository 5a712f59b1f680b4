"""Whole flows, from the HTTP interface down to the database, the gateway and the mail server."""

import httpx
import pytest
from conftest import PASSWORD
from dryfit.resources.kinds.smtp import MailHandle

from auth import AuthService, LogIn
from inventory import SAMPLE_STOCK, InventoryManager
from mail_sink import MailSink
from order import OrderSystem

TWO_SAWS = {"items": [{"product_id": "prod456", "quantity": 2}]}


async def test_from_sign_up_to_a_paid_order(client: httpx.AsyncClient, mailbox: MailHandle) -> None:
    credentials = {"email": "bob@example.com", "password": PASSWORD}
    await client.post("/users", json=credentials)
    opened = (await client.post("/sessions", json=credentials)).json()
    client.headers["Authorization"] = f"Bearer {opened['token']}"
    order = (await client.post("/orders", json=TWO_SAWS)).json()
    paid = await client.post(f"/orders/{order['id']}/payment", json={"amount": order["total"]})
    shown = (await client.get(f"/orders/{order['id']}")).json()

    assert paid.status_code == 201
    assert (paid.json()["status"], paid.json()["amount"], paid.json()["mail_problem"]) == (
        "success",
        "199.99",
        None,
    )
    assert (shown["status"], shown["total"]) == ("completed", "199.99")
    assert mailbox.inbox[0].message["To"] == "bob@example.com"
    assert paid.json()["id"] in mailbox.inbox[0].message.get_content()


async def test_signing_up_twice(client: httpx.AsyncClient, ann: LogIn) -> None:
    answer = await client.post("/users", json={"email": "ann@example.com", "password": PASSWORD})
    assert (answer.status_code, answer.json()["error"]) == (409, "EmailTaken")


async def test_a_weak_password(client: httpx.AsyncClient) -> None:
    answer = await client.post("/users", json={"email": "bob@example.com", "password": "short"})
    assert (answer.status_code, answer.json()["error"]) == (422, "WeakPassword")


async def test_a_wrong_password(client: httpx.AsyncClient, ann: LogIn) -> None:
    answer = await client.post("/sessions", json={"email": "ann@example.com", "password": "wrong"})
    assert (answer.status_code, answer.json()["error"]) == (401, "WrongCredentials")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer made-up"}])
async def test_orders_need_a_session(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await client.post("/orders", json=TWO_SAWS, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "InvalidSession")


async def test_logging_out(ann_client: httpx.AsyncClient) -> None:
    assert (await ann_client.delete("/sessions/current")).status_code == 204
    assert (await ann_client.get("/orders")).status_code == 401


async def test_products_show_price_and_stock(client: httpx.AsyncClient) -> None:
    InventoryManager().update_stock("prod456", 3 - SAMPLE_STOCK)
    products = {product["id"]: product for product in (await client.get("/products")).json()}
    saw = (await client.get("/products/prod456")).json()
    assert (saw["price"], saw["stock"]) == ("97.50", "low")
    assert products["prod456"] == saw
    assert products["prod123"]["stock"] == "available"


async def test_an_unknown_product(client: httpx.AsyncClient) -> None:
    answer = await client.get("/products/prod0")
    assert (answer.status_code, answer.json()["error"]) == (404, "UnknownProduct")


async def test_delivery_costs(client: httpx.AsyncClient) -> None:
    assert (await client.get("/delivery/27498")).json() == {"postcode": "27498", "cost": "14.99"}
    assert (await client.get("/delivery/2749")).status_code == 422


async def test_an_order_to_an_island(ann_client: httpx.AsyncClient) -> None:
    order = (await ann_client.post("/orders", json=TWO_SAWS | {"postcode": "27498"})).json()
    assert (order["delivery_cost"], order["total"]) == ("14.99", "209.99")


async def test_orders_are_listed(ann_client: httpx.AsyncClient, order_id: str) -> None:
    assert [order["id"] for order in (await ann_client.get("/orders")).json()] == [order_id]


async def test_too_large_an_order(ann_client: httpx.AsyncClient) -> None:
    answer = await ann_client.post("/orders", json={"items": [{"product_id": "prod456", "quantity": 101}]})
    assert (answer.status_code, answer.json()["error"]) == (409, "OutOfStock")
    assert (await ann_client.get("/orders")).json() == []


async def test_a_cancelled_order_cannot_be_paid(ann_client: httpx.AsyncClient, order_id: str) -> None:
    cancelled = await ann_client.post(f"/orders/{order_id}/cancellation")
    assert cancelled.json()["status"] == "cancelled"
    answer = await ann_client.post(f"/orders/{order_id}/payment", json={"amount": "199.99"})
    assert (answer.status_code, answer.json()["error"]) == (409, "OrderNotOpen")


async def test_somebody_elses_order_is_unknown(ann_client: httpx.AsyncClient) -> None:
    others = OrderSystem().create_order("user123", [{"product_id": "prod003", "quantity": 1}])
    assert (await ann_client.get(f"/orders/{others}")).status_code == 404


async def test_a_declined_card(ann_client: httpx.AsyncClient, order_id: str, mailbox: MailHandle) -> None:
    body = {"amount": "199.99", "payment_method": "expired_card"}
    answer = await ann_client.post(f"/orders/{order_id}/payment", json=body)
    assert (answer.status_code, answer.json()["error"]) == (409, "PaymentDeclined")
    assert not mailbox.inbox


async def test_a_gateway_that_is_down(
    ann_client: httpx.AsyncClient, order_id: str, silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_URL", f"http://127.0.0.1:{silent_port}")
    answer = await ann_client.post(f"/orders/{order_id}/payment", json={"amount": "199.99"})
    assert (answer.status_code, answer.json()["error"]) == (503, "GatewayUnavailable")
    assert (await ann_client.get(f"/orders/{order_id}")).json()["status"] == "pending"


async def test_a_payment_stands_though_the_mail_server_is_down(
    ann_client: httpx.AsyncClient, order_id: str, silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_URL", f"smtp://127.0.0.1:{silent_port}")
    answer = await ann_client.post(f"/orders/{order_id}/payment", json={"amount": "199.99"})
    assert answer.status_code == 201
    assert "mail server" in answer.json()["mail_problem"]
    assert (await ann_client.get(f"/orders/{order_id}")).json()["status"] == "completed"


async def test_a_payment_stands_though_the_mailbox_is_unknown(
    client: httpx.AsyncClient, auth: AuthService, strict_mailbox: MailSink
) -> None:
    user = auth.sign_up("nobody@example.com", PASSWORD)
    client.headers["Authorization"] = f"Bearer {auth.log_in('nobody@example.com', PASSWORD).token}"
    order_id = OrderSystem().create_order(user.id, [{"product_id": "prod456", "quantity": 2}])
    answer = await client.post(f"/orders/{order_id}/payment", json={"amount": "199.99"})
    assert (answer.status_code, strict_mailbox.messages) == (201, [])
    assert "no such mailbox" in answer.json()["mail_problem"]
