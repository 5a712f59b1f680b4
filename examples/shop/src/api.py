"""The shop's HTTP interface: `uvicorn api:app` serves it."""

import logging
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from auth import AuthService, InvalidSession, User
from catalog import Catalog, Product
from delivery import delivery_cost
from errors import Invalid, NotFound, Refused, ShopError, Unauthenticated, Unavailable
from inventory import InventoryService, StockStatus
from notification_service import NotificationService
from order import ItemRequest, Order, OrderStatus, OrderSystem, UnknownOrder
from payment import PaymentProcessor

STATUS_OF = {
    NotFound: HTTPStatus.NOT_FOUND,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refused: HTTPStatus.CONFLICT,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}

log = logging.getLogger(__name__)
app = FastAPI(title="Shop")


class Credentials(BaseModel):
    """What somebody signs up and logs in with."""

    email: str
    password: str


class UserReply(BaseModel):
    """An account."""

    id: str
    email: str


class LogInReply(BaseModel):
    """An open session; the token is shown here only."""

    token: str
    expires_at: datetime


class ProductReply(BaseModel):
    """Something for sale; the price is in euros, for one."""

    id: str
    name: str
    price: Decimal
    stock: StockStatus


class DeliveryReply(BaseModel):
    """What sending an order to a postcode costs, in euros."""

    postcode: str
    cost: Decimal


class ItemBody(BaseModel):
    """One line of an order to be made."""

    product_id: str
    quantity: int


class OrderBody(BaseModel):
    """An order to be made."""

    items: list[ItemBody]
    postcode: str | None = None


class LineReply(BaseModel):
    """One line of an order; the price is in euros, for one."""

    product_id: str
    quantity: int
    unit_price: Decimal


class OrderReply(BaseModel):
    """An order as it stands, in euros."""

    id: str
    status: OrderStatus
    lines: list[LineReply]
    delivery_cost: Decimal
    total: Decimal
    placed_at: datetime
    paid_at: datetime | None


class PaymentBody(BaseModel):
    """How much is paid, and how."""

    amount: Decimal
    payment_method: str = "credit_card"


class PaymentReply(BaseModel):
    """A payment that was made; where the customer could not be told by mail, `mail_problem` says why."""

    id: str
    order_id: str
    amount: Decimal
    status: str
    mail_problem: str | None


bearer = HTTPBearer(auto_error=False)
Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


def auth_service() -> AuthService:
    """Return what knows the users; overridden where passwords are hashed otherwise."""
    return AuthService()


def order_system() -> OrderSystem:
    """Return what keeps the orders."""
    return OrderSystem()


def payment_processor() -> PaymentProcessor:
    """Return what takes the money; overridden where the gateway is another one."""
    return PaymentProcessor()


def notification_service() -> NotificationService:
    """Return what sends the mails; overridden where they go another way."""
    return NotificationService()


Auth = Annotated[AuthService, Depends(auth_service)]
Orders = Annotated[OrderSystem, Depends(order_system)]
Payments = Annotated[PaymentProcessor, Depends(payment_processor)]
Notifications = Annotated[NotificationService, Depends(notification_service)]


def session_token(credentials: Bearer) -> str:
    """Return the token that the request carries. Raises InvalidSession."""
    if credentials is None:
        raise InvalidSession("send the session's token as `Authorization: Bearer …`")
    return credentials.credentials


def current_user(token: Annotated[str, Depends(session_token)], auth: Auth) -> User:
    """Return who sent the request. Raises InvalidSession."""
    return auth.user_of_session(token)


def own_order(order_id: str, user: Annotated[User, Depends(current_user)], orders: Orders) -> Order:
    """Return the order in the path, if it is the user's; somebody else's is unknown to them."""
    order = orders.get_order(order_id)
    if order.user_id != user.id:
        raise UnknownOrder(f"there is no order {order_id!r}")
    return order


Token = Annotated[str, Depends(session_token)]
CurrentUser = Annotated[User, Depends(current_user)]
OwnOrder = Annotated[Order, Depends(own_order)]


@app.exception_handler(ShopError)
def report(request: Request, error: Exception) -> JSONResponse:
    """Answer with the error's words and the status that fits its kind."""
    status = next(status for kind, status in STATUS_OF.items() if isinstance(error, kind))
    return JSONResponse({"error": type(error).__name__, "message": str(error)}, status)


@app.post("/users", status_code=HTTPStatus.CREATED)
def sign_up(body: Credentials, auth: Auth) -> UserReply:
    """Open an account."""
    user = auth.sign_up(email=body.email, password=body.password)
    return UserReply(id=user.id, email=user.email)


@app.post("/sessions", status_code=HTTPStatus.CREATED)
def log_in(body: Credentials, auth: Auth) -> LogInReply:
    """Open a session."""
    opened = auth.log_in(email=body.email, password=body.password)
    return LogInReply(token=opened.token, expires_at=opened.expires_at)


@app.delete("/sessions/current", status_code=HTTPStatus.NO_CONTENT)
def log_out(token: Token, auth: Auth) -> None:
    """Close the session that the request belongs to."""
    auth.log_out(token)


@app.get("/products")
def list_products() -> list[ProductReply]:
    """List everything that is for sale."""
    products = Catalog().list_products()
    stock = InventoryService().check_stock_status([product.id for product in products])
    return [_product_reply(product, stock[product.id]) for product in products]


@app.get("/products/{product_id}")
def show_product(product_id: str) -> ProductReply:
    """Show one product."""
    product = Catalog().product(product_id)
    stock = InventoryService().check_stock_status([product_id])
    return _product_reply(product, stock[product_id])


@app.get("/delivery/{postcode}")
def show_delivery_cost(postcode: str) -> DeliveryReply:
    """Say what sending an order to the postcode costs."""
    return DeliveryReply(postcode=postcode, cost=delivery_cost(postcode))


@app.post("/orders", status_code=HTTPStatus.CREATED)
def create_order(body: OrderBody, user: CurrentUser, orders: Orders) -> OrderReply:
    """Make an order."""
    items: list[ItemRequest] = [
        {"product_id": item.product_id, "quantity": item.quantity} for item in body.items
    ]
    return _order_reply(orders.place_order(user_id=user.id, items=items, postcode=body.postcode))


@app.get("/orders")
def list_orders(user: CurrentUser, orders: Orders) -> list[OrderReply]:
    """List the user's orders, the newest first."""
    return [_order_reply(order) for order in orders.orders_of(user.id)]


@app.get("/orders/{order_id}")
def show_order(order: OwnOrder) -> OrderReply:
    """Show one of the user's orders."""
    return _order_reply(order)


@app.post("/orders/{order_id}/cancellation")
def cancel_order(order: OwnOrder, orders: Orders) -> OrderReply:
    """Give up an order that is not paid."""
    return _order_reply(orders.cancel_order(order.id))


@app.post("/orders/{order_id}/payment", status_code=HTTPStatus.CREATED)
async def pay_order(
    body: PaymentBody, order: OwnOrder, user: CurrentUser, payments: Payments, notifications: Notifications
) -> PaymentReply:
    """Pay an order, and confirm it by mail."""
    payment = await payments.pay(order.id, body.amount, body.payment_method)
    problem = await _confirm(notifications, payment.id, user.email)
    return PaymentReply(
        id=payment.id,
        order_id=payment.order_id,
        amount=payment.amount,
        status=payment.status,
        mail_problem=problem,
    )


async def _confirm(notifications: NotificationService, payment_id: str, email: str) -> str | None:
    """Mail the customer, and return what went wrong: a payment stands, mail or no mail."""
    try:
        await notifications.send_payment_confirmation(payment_id=payment_id, user_email=email)
    except ShopError as error:
        log.warning("payment %s is not confirmed: %s", payment_id, error, exc_info=error)
        return str(error)
    return None


def _product_reply(product: Product, stock: StockStatus) -> ProductReply:
    return ProductReply(id=product.id, name=product.name, price=product.price, stock=stock)


def _order_reply(order: Order) -> OrderReply:
    lines = [
        LineReply(product_id=line.product_id, quantity=line.quantity, unit_price=line.unit_price)
        for line in order.lines
    ]
    return OrderReply(
        id=order.id,
        status=order.status,
        lines=lines,
        delivery_cost=order.delivery_cost,
        total=order.total,
        placed_at=order.placed_at,
        paid_at=order.paid_at,
    )
