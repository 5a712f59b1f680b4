import asyncio

from desk import Desk
from seats import Seats, TooMany


class FakeSeats:
    async def reserve(self, count):
        await asyncio.sleep(0)
        if count > 4:
            raise TooMany(count)
        return [None] * count


def test_selling():
    assert asyncio.run(Desk(FakeSeats()).sell(2)) == 2


def test_a_family_is_sold_what_it_needs():
    assert asyncio.run(Desk(Seats(6)).sell(6)) == 6


def test_a_school_is_refused():
    assert [asyncio.run(Desk(Seats(6)).sell(count)) for count in (30, 300)] == [0, 0]
