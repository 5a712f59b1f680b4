import asyncio
from unittest.mock import Mock

import backup
import pytest


def test_copies_are_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Mock(return_value=1)
    monkeypatch.setattr("vault.store", store)
    assert backup.plan(["a", "b"]) == [1, 1]
    assert store.call_count == 2


def test_copies_are_made() -> None:
    assert asyncio.run(backup.run(["c"])) == 1
