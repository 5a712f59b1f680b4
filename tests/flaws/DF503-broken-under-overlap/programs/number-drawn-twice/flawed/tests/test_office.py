import pytest

from office import Office


@pytest.fixture
def office():
    return Office()


@pytest.mark.contention(copies=3)
def test_a_visitors_number_is_theirs_alone(office):
    number = int(office.arrive().rpartition(" ")[-1])
    assert office.dispenser.drawn.count(number) == 1
