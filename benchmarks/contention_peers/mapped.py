"""The sale of the last piece by SQLAlchemy's ORM."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    """The tables of the program."""


class Stock(Base):
    """How many pieces are left."""

    __tablename__ = "stock"
    id: Mapped[int] = mapped_column(primary_key=True)
    pieces: Mapped[int]


class Sale(Base):
    """One piece that was sold."""

    __tablename__ = "sales"
    id: Mapped[int] = mapped_column(primary_key=True)
    piece: Mapped[int]


def mapped(engine: Engine) -> Callable[[], None]:
    """Sell the last piece, perhaps twice, each time on one connection of the engine's pool."""

    def buy() -> None:
        with Session(engine) as session:
            stock = session.get_one(Stock, 1)
            if stock.pieces > 0:
                stock.pieces -= 1
                session.add(Sale(piece=1))
            session.commit()

    return buy
