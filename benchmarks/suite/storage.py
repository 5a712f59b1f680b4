"""The database: one SQLite file of this process's own."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Numeric, create_engine, delete, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, sessionmaker


class Base(DeclarativeBase):
    type_annotation_map = {Decimal: Numeric(10, 2)}  # noqa: RUF012 - it is how SQLAlchemy has it


class UserRow(Base):
    __tablename__ = "users"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    country: Mapped[str]
    regular: Mapped[bool]


class SessionRow(Base):
    __tablename__ = "sessions"

    token: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))


class ProductRow(Base):
    __tablename__ = "products"

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    price: Mapped[Decimal]
    grams: Mapped[int]


class StockRow(Base):
    __tablename__ = "stock"

    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"), primary_key=True)
    quantity: Mapped[int]


class OrderRow(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    status: Mapped[str]
    delivery: Mapped[Decimal]
    total: Mapped[Decimal]
    placed_at: Mapped[datetime]
    lines: Mapped[list["LineRow"]] = relationship(order_by="LineRow.position")


class LineRow(Base):
    __tablename__ = "order_lines"

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"))
    quantity: Mapped[int]
    unit_price: Mapped[Decimal]


class EventRow(Base):
    __tablename__ = "events"

    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]
    subject: Mapped[str]
    at: Mapped[datetime]


FILE = os.path.join(tempfile.mkdtemp(), "store.sqlite")
engine = create_engine(f"sqlite:///{FILE}", connect_args={"check_same_thread": False})
new_session = sessionmaker(engine)


@event.listens_for(engine, "connect")
def _without_waiting_for_the_disk(connection: DBAPIConnection, record: object) -> None:
    connection.cursor().execute("PRAGMA synchronous = OFF")


@contextmanager
def transaction() -> Iterator[Session]:
    """A session whose work is kept as a whole, or not at all."""
    with new_session.begin() as session:
        yield session


def create_tables() -> None:
    """Make the tables where they are missing."""
    Base.metadata.create_all(engine)


def reset(users: int, products: int) -> None:
    """Begin again with sample data."""
    with transaction() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(delete(table))
        for number in range(users):
            user = UserRow(id=f"user{number}", name=f"User {number}", country="DE", regular=number % 2 == 0)
            session.add_all([user, SessionRow(token=f"token{number}", user_id=user.id)])
        for number in range(products):
            product_id = f"prod{number}"
            price = Decimal(number + 1) * Decimal("9.99")
            session.add(ProductRow(id=product_id, title=f"Product {number}", price=price, grams=250 * number))
            session.add(StockRow(product_id=product_id, quantity=20))
