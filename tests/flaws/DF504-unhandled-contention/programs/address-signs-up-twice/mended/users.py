"""Users, each with an address of their own."""

import asyncpg


class AddressTaken(Exception):
    """Somebody has signed up with this address."""


class Users:
    def __init__(self, url):
        self.url = url

    async def add(self, email, name):
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute("INSERT INTO users VALUES ($1, $2)", email, name)
        except asyncpg.UniqueViolationError as error:
            raise AddressTaken(f"{email} has an account already") from error
        finally:
            await connection.close()
