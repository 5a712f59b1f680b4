"""Five stories of two requests, each for four customers and five baskets: 200 requests."""

from fastapi.testclient import TestClient

Basket = dict[str, list[dict[str, object]]]


def test_a_quote_is_what_the_order_costs(customer: TestClient, basket: Basket) -> None:
    quote = customer.post("/quotes", json=basket)
    order = customer.post("/orders", json=basket)
    assert (quote.status_code, order.status_code) == (200, 201)
    assert order.json()["total"] == quote.json()["total"]


def test_an_order_is_found_again(customer: TestClient, basket: Basket) -> None:
    order = customer.post("/orders", json=basket).json()
    assert customer.get(f"/orders/{order['id']}").json() == order


def test_an_order_is_listed(customer: TestClient, basket: Basket) -> None:
    order = customer.post("/orders", json=basket).json()
    assert customer.get("/orders").json() == [order]


def test_a_cancelled_order_stays_cancelled(customer: TestClient, basket: Basket) -> None:
    order = customer.post("/orders", json=basket).json()
    cancelled = customer.delete(f"/orders/{order['id']}").json()
    assert (cancelled["status"], cancelled["events"]) == ("cancelled", 2)


def test_what_is_ordered_is_no_longer_there(customer: TestClient, basket: Basket) -> None:
    order = customer.post("/orders", json=basket).json()
    available = {product["id"]: product["available"] for product in customer.get("/products").json()}
    assert available["prod0"] == 20 - order["quantities"]["prod0"]
