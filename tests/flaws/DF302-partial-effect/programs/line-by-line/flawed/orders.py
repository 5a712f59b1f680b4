"""Orders."""

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

import stock
from tables import LineRow, OrderRow


class OrdersUnavailable(Exception):
    """The database does not answer."""


class Orders:
    def __init__(self, engine):
        self.engine = engine

    def place(self, customer, products):
        try:
            with Session(self.engine, expire_on_commit=False) as session:
                order = OrderRow(customer=customer)
                with session.begin():
                    session.add(order)  # its number is known from here on
                for product in products:
                    with session.begin():
                        stock.take(session, product)
                        session.add(LineRow(order_id=order.id, product=product))
        except SQLAlchemyError as error:
            raise OrdersUnavailable(f"the order cannot be kept: {error}") from error
