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
            with Session(self.engine) as session, session.begin():
                order = OrderRow(customer=customer)
                session.add(order)
                session.flush()  # gives the order its number
                for product in products:
                    stock.take(session, product)
                    session.add(LineRow(order_id=order.id, product=product))
        except SQLAlchemyError as error:
            raise OrdersUnavailable(f"the order cannot be kept: {error}") from error
