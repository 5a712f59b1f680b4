import asyncio

import pytest

from upload import Upload


@pytest.fixture(scope="session")
def loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def test_the_sizes_are_added(loop):
    assert loop.run_until_complete(Upload(print).measure([b"abc", b"de"])) == 5
