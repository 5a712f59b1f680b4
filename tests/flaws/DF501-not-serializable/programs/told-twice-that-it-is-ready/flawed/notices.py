"""Notices to the telephones of our customers."""


class Notices:
    def __init__(self, client):
        self.client = client

    async def ready(self, ticket):
        reply = await self.client.post("/notices", json={"ticket": ticket, "says": "come and fetch it"})
        reply.raise_for_status()
