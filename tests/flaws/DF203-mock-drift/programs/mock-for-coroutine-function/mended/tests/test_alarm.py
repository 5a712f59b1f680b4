import asyncio
from unittest.mock import AsyncMock, MagicMock

from alarm import Alarm
from pager import Pager


def test_ringing() -> None:
    assert asyncio.run(Alarm(Pager()).ring("fire")) == 1


def test_ringing_later() -> None:
    pager = MagicMock()
    pager.send = AsyncMock()
    assert asyncio.run(Alarm(pager).ring_later("smoke")) == "noted"
    pager.send.assert_awaited_once_with("later: smoke")
