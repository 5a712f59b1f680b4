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
            if await connection.fetchval("SELECT 1 FROM users WHERE email = $1", email):
                raise AddressTaken(f"{email} has an account already")
            await connection.execute("INSERT INTO users VALUES ($1, $2)", email, name)
        finally:
            await connection.close()
