"""What goods cost today, as the service of prices tells: a name in a line, a price in the next."""

import asyncio


class Prices:
    def __init__(self, port):
        self.port = port

    async def of(self, name):
        """Ask for the price of one piece."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"{name}\n".encode())
        price = await reader.readline()
        writer.close()
        return int(price)
