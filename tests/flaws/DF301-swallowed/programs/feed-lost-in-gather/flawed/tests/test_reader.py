import asyncio

from feeds import Feed
from reader import Reader
from shelf import Shelf


def test_all_feeds_are_on_the_shelf():
    shelf = Shelf()
    reader = Reader([Feed("local", "Market on Sunday"), Feed("world", "Rain\nSun")], shelf)
    asyncio.run(reader.refresh())
    assert shelf.titles == ["Market on Sunday", "Rain", "Sun"]
