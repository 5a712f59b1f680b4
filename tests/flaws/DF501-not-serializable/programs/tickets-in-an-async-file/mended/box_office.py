"""Sells tickets."""

from sqlalchemy import update
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Event(Base):
    __tablename__ = "events"
    name: Mapped[str] = mapped_column(primary_key=True)
    tickets: Mapped[int]


async def buy(session, name):
    """Sell a ticket, unless there is none left; returns whether it was sold."""
    left = update(Event).where(Event.name == name, Event.tickets > 0).values(tickets=Event.tickets - 1)
    sold = await session.execute(left)
    await session.commit()
    return sold.rowcount == 1
