import asyncio
from unittest.mock import AsyncMock

import backup
import pytest


def test_copies_are_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    store = AsyncMock(return_value=1)
    monkeypatch.setattr("vault.store", store)
    assert asyncio.run(backup.plan(["a", "b"])) == [1, 1]
    assert store.await_count == 2


def test_copies_are_made() -> None:
    assert asyncio.run(backup.run(["c"])) == 1
