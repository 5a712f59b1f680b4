"""What is known of each table."""

GUEST = "SELECT guest FROM tables WHERE number = %s"
SEAT = "UPDATE tables SET guest = %s WHERE number = %s"


class Tables:
    def __init__(self, connection):
        self.connection = connection

    async def take(self, number, guest):
        cursor = await self.connection.execute(GUEST, (number,))
        if await cursor.fetchone() != (None,):
            return False
        await self.connection.execute(SEAT, (guest, number))
        return True
