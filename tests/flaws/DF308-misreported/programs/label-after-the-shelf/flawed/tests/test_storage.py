import asyncio

from storage import Storage


def test_a_box_is_found_again():
    storage = Storage()
    assert asyncio.run(storage.put("tools", "A3")) == "[tools on A3]"
    assert storage.shelves == {"tools": "A3"}
