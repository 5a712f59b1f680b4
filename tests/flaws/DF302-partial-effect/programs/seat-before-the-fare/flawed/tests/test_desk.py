import pytest

from desk import Desk, FullyBooked


def test_a_seat_is_booked():
    desk = Desk(seats=2)
    assert desk.book("Ann", "Kiel") == 42
    assert desk.bookings == [("Ann", "Kiel", 42)]


def test_no_seat_is_sold_twice():
    desk = Desk(seats=1)
    desk.book("Ann", "Ulm")
    with pytest.raises(FullyBooked):
        desk.book("Bob", "Ulm")
