"""What is known of each table."""

SEAT = "UPDATE tables SET guest = %s WHERE number = %s AND guest IS NULL"


class Tables:
    def __init__(self, connection):
        self.connection = connection

    async def take(self, number, guest):
        cursor = await self.connection.execute(SEAT, (guest, number))
        return cursor.rowcount == 1
