"""The web interface."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from fastapi import Depends, FastAPI, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

import accounts
import catalog
import stock
import storage
from accounts import NotLoggedIn, User
from catalog import UnknownProduct
from money import in_words
from orders import Order, Orders, UnknownOrder
from stock import OutOfStock

STATUS = {NotLoggedIn: 401, UnknownProduct: 404, UnknownOrder: 404, OutOfStock: 409}
app = FastAPI()


class Item(BaseModel):
    product_id: str
    quantity: Annotated[int, Field(gt=0)]


class Basket(BaseModel):
    items: Annotated[list[Item], Field(min_length=1)]

    def wanted(self) -> list[tuple[str, int]]:
        return [(item.product_id, item.quantity) for item in self.items]


class QuoteReply(BaseModel):
    delivery: Decimal
    total: Decimal
    in_words: str


class OrderReply(BaseModel):
    id: int
    status: str
    quantities: dict[str, int]
    total: Decimal
    in_words: str
    events: int


class ProductReply(BaseModel):
    id: str
    title: str
    price: str
    available: int


def session() -> Iterator[Session]:
    with storage.transaction() as opened:
        yield opened


def user(opened: Annotated[Session, Depends(session)], authorization: Annotated[str, Header()]) -> User:
    return accounts.whose(opened, authorization.removeprefix("Bearer "))


def orders(opened: Annotated[Session, Depends(session)]) -> Orders:
    return Orders(opened)


CurrentUser = Annotated[User, Depends(user)]
TheOrders = Annotated[Orders, Depends(orders)]


@app.exception_handler(Exception)
def refuse(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, STATUS[type(error)])


for kind in STATUS:
    app.add_exception_handler(kind, refuse)


@app.get("/products")
def list_products(opened: Annotated[Session, Depends(session)], offset: int = 0) -> list[ProductReply]:
    page = catalog.page(opened, offset, 10)
    available = stock.available(opened, [product.id for product in page])
    return [
        ProductReply(
            id=product.id, title=product.title, price=in_words(product.price), available=available[product.id]
        )
        for product in page
    ]


@app.post("/quotes")
def make_quote(basket: Basket, customer: CurrentUser, desk: TheOrders) -> QuoteReply:
    quote = desk.quote(customer, basket.wanted())
    return QuoteReply(delivery=quote.delivery, total=quote.total, in_words=in_words(quote.total))


@app.post("/orders", status_code=201)
def place_order(basket: Basket, customer: CurrentUser, desk: TheOrders) -> OrderReply:
    return _reply(desk.place(customer, basket.wanted()))


@app.get("/orders")
def list_orders(customer: CurrentUser, desk: TheOrders) -> list[OrderReply]:
    return [_reply(order) for order in desk.all_of(customer)]


@app.get("/orders/{order_id}")
def show_order(order_id: int, customer: CurrentUser, desk: TheOrders) -> OrderReply:
    return _reply(desk.find(customer, order_id))


@app.delete("/orders/{order_id}")
def cancel_order(order_id: int, customer: CurrentUser, desk: TheOrders) -> OrderReply:
    return _reply(desk.cancel(customer, order_id))


def _reply(order: Order) -> OrderReply:
    return OrderReply(
        id=order.id,
        status=order.status,
        quantities=order.quantities,
        total=order.total,
        in_words=in_words(order.total),
        events=order.events,
    )
