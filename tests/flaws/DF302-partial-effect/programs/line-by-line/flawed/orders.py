"""Orders."""

from sqlalchemy import ForeignKey
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

import prices


class Base(DeclarativeBase):
    pass


class OrderRow(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer: Mapped[str]


class LineRow(Base):
    __tablename__ = "lines"

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    product: Mapped[str] = mapped_column(primary_key=True)
    cents: Mapped[int]


class OrdersUnavailable(Exception):
    """The order cannot be kept."""


class Orders:
    def __init__(self, engine):
        self.engine = engine

    def place(self, customer, products):
        wanted = prices.of(products)
        try:
            with Session(self.engine, expire_on_commit=False) as session:
                order = OrderRow(customer=customer)
                with session.begin():
                    session.add(order)  # its number is known from here on
                with session.begin():
                    for product, cents in wanted.items():
                        session.add(LineRow(order_id=order.id, product=product, cents=cents))
        except SQLAlchemyError as error:
            raise OrdersUnavailable(f"the order cannot be kept: {error}") from error
