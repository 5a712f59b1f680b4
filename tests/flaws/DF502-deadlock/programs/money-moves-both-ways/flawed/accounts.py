"""Accounts, in an asynchronous session."""

from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "accounts"
    name: Mapped[str] = mapped_column(primary_key=True)
    balance: Mapped[int]


async def locked(session, name):
    """An account that nobody else writes to until the transaction is over."""
    return await session.scalar(select(Account).where(Account.name == name).with_for_update())


async def move(session, amount, source, target):
    """Move money, unless there is too little; returns whether it was moved."""
    giver = await locked(session, source)
    taker = await locked(session, target)
    if giver.balance < amount:
        return False
    giver.balance -= amount
    taker.balance += amount
    await session.commit()
    return True
