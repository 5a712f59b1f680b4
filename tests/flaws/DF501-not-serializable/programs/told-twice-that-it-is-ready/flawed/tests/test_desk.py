import asyncio

import httpx

from desk import Desk
from notices import Notices


async def repair(url, ticket):
    async with httpx.AsyncClient(base_url=url, timeout=5) as client:
        await Desk(Notices(client)).repaired(ticket)


def test_the_owner_is_told(url, notices):
    asyncio.run(repair(url, "T-7"))
    assert notices == [{"ticket": "T-7", "says": "come and fetch it"}]
