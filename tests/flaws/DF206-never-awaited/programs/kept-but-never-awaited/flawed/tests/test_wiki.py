import asyncio

from cache import Cache
from wiki import Wiki


def test_an_edit_is_kept():
    wiki = Wiki(Cache())
    assert asyncio.run(wiki.edit("Home", "hello"))[0] == "Home"
    assert wiki.texts == {"Home": "hello"}
