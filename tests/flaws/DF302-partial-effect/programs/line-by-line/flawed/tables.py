"""The tables."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


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


class StockRow(Base):
    __tablename__ = "stock"

    product: Mapped[str] = mapped_column(primary_key=True)
    pieces: Mapped[int]
