import archive
import billing
import pytest


def test_a_box_fills(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(billing, "find", lambda number: {"number": number, "cents": 1900})
    assert [archive.keep("A1", 2025), archive.keep("A2", 2025)] == [1, 2]


def test_every_year_has_a_box() -> None:
    assert [archive.keep("A1", 2026), archive.keep("A2", 2027)] == [1, 1]
