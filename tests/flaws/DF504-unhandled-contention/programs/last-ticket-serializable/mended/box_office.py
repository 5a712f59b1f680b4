"""Sells tickets."""

from sqlalchemy.exc import DBAPIError

from models import Event


async def buy(sessions, name):
    """Sell a ticket, unless there is none left; returns whether it was sold."""
    while True:
        try:
            return await try_to_buy(sessions, name)
        except DBAPIError as error:
            if error.orig.sqlstate not in ("40001", "40P01"):
                raise


async def try_to_buy(sessions, name):
    async with sessions() as session:
        event = await session.get(Event, name)
        if event.tickets < 1:
            return False
        event.tickets -= 1
        await session.commit()
        return True
