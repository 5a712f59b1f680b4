import pytest

from attendant import Attendant
from garage import Garage


@pytest.fixture
def attendant():
    return Attendant(Garage())


def test_a_car_is_admitted(attendant):
    assert attendant.admit("B-XY 1") == "B-XY 1 may stay until tonight"
    assert attendant.garage.cars == {"B-XY 1"}


def test_an_empty_garage_is_locked_up(attendant):
    assert attendant.lock_up() == "Good night"
    assert not attendant.garage.is_open
