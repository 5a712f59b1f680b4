import pytest

from barrier import Barrier
from garage import Garage


@pytest.fixture
def barrier(tmp_path):
    Garage(tmp_path / "garage.db").build(spaces=2)
    return Barrier(tmp_path / "garage.db")


def test_cars_get_spaces(barrier):
    assert barrier.arrive("B-AA 1") == "B-AA 1: space 1"


def test_a_garage_gets_full(barrier):
    barrier.arrive("B-AA 1")
    barrier.arrive("B-AA 2")
    assert barrier.arrive("B-AA 3") == "FULL"
