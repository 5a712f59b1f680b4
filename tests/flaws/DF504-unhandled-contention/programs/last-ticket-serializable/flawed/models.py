"""What is kept of an event."""

import os

from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Event(Base):
    __tablename__ = "events"
    name: Mapped[str] = mapped_column(primary_key=True)
    tickets: Mapped[int]


def engine():
    """One whose transactions come out as if they ran one after the other, or not at all."""
    url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://")
    return create_async_engine(url, isolation_level="SERIALIZABLE")
