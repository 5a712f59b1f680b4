import board
import pytest


def test_closed_tickets_are_on_the_right(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(number: int) -> str:
        return "closed"

    monkeypatch.setattr("tickets.state", closed)
    assert board.column(3) == "right"


def test_open_tickets_are_on_the_left() -> None:
    assert board.column(1) == "left"
