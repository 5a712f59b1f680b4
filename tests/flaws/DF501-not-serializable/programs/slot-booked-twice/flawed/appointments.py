"""Who comes when."""

import asyncpg

BOOK = """
INSERT INTO appointments (slot, patient)
SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM appointments WHERE slot = $1)
"""


class Appointments:
    def __init__(self, url):
        self.url = url

    async def book(self, slot, patient):
        """Note the appointment unless somebody else has it; returns whether it was noted."""
        connection = await asyncpg.connect(self.url)
        try:
            return await connection.execute(BOOK, slot, patient) == "INSERT 0 1"
        finally:
            await connection.close()
