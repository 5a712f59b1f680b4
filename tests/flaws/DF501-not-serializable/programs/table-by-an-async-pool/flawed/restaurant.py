"""Tables of a restaurant, and who sits at them."""

from tables import Tables


class Restaurant:
    def __init__(self, pool):
        self.pool = pool

    async def book(self, number, guest):
        """Book a table, and return whether it was free."""
        async with self.pool.connection() as connection:
            return await Tables(connection).take(number, guest)
