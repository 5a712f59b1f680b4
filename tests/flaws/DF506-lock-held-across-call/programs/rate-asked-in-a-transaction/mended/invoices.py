"""Invoices in other currencies."""

from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Invoice(Base):
    __tablename__ = "invoices"

    number: Mapped[int] = mapped_column(primary_key=True)
    currency: Mapped[str]
    amount: Mapped[Decimal]
    euros: Mapped[Decimal | None]


class Invoices:
    def __init__(self, engine, rates):
        self.engine = engine
        self.rates = rates

    async def write(self, number, currency, amount):
        async with AsyncSession(self.engine) as session, session.begin():
            session.add(Invoice(number=number, currency=currency, amount=amount))

    async def settle(self, number):
        """Settle an invoice at today's rate, and return its amount in euros; settled once, it stays at that."""
        rate = await self.rates.euros_for(await self._currency(number))
        async with AsyncSession(self.engine) as session, session.begin():
            invoice = await session.get_one(Invoice, number, with_for_update=True)
            if invoice.euros is None:
                invoice.euros = invoice.amount * rate
            return invoice.euros

    async def _currency(self, number):
        async with AsyncSession(self.engine) as session:
            return (await session.get_one(Invoice, number)).currency
