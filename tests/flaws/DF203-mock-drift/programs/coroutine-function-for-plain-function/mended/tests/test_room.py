import asyncio

import pytest
import room


def test_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    def always(user: str, what: str) -> bool:
        return True

    monkeypatch.setattr("access.allowed", always)
    assert asyncio.run(room.write("bob", "hello")) == "hello"


def test_reading_only() -> None:
    assert asyncio.run(room.write("bob", "hello")) == "read only"
