import board
import pytest
from states import State


def test_closed_tickets_are_on_the_right(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(number: int) -> State:
        return State.CLOSED

    monkeypatch.setattr("tickets.state", closed)
    assert board.column(3) == "right"


def test_open_tickets_are_on_the_left() -> None:
    assert board.column(1) == "left"
