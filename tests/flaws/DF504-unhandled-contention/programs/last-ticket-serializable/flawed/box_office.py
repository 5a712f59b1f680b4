"""Sells tickets."""

from models import Event


async def buy(sessions, name):
    """Sell a ticket, unless there is none left; returns whether it was sold."""
    async with sessions() as session:
        event = await session.get(Event, name)
        if event.tickets < 1:
            return False
        event.tickets -= 1
        await session.commit()
        return True
