"""Sells tickets."""

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Event(Base):
    __tablename__ = "events"
    name: Mapped[str] = mapped_column(primary_key=True)
    tickets: Mapped[int]


async def buy(session, name):
    """Sell a ticket, unless there is none left; returns whether it was sold."""
    event = await session.get(Event, name)
    if event.tickets < 1:
        return False
    event.tickets -= 1
    await session.commit()
    return True
