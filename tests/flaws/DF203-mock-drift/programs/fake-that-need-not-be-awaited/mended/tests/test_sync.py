import asyncio

from remote import Remote
from sync import Sync


class FakeRemote:
    async def fetch(self, name: str) -> str:
        return f"text of {name}"


def test_what_was_pulled_is_kept() -> None:
    sync = Sync(FakeRemote())
    assert asyncio.run(sync.pull("a")) == "text of a"
    assert sync.copy == {"a": "text of a"}


def test_pulling_from_the_other_side() -> None:
    assert asyncio.run(Sync(Remote()).pull("a")) == "A"
