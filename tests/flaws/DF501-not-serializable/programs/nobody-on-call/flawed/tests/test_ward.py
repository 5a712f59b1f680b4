import psycopg
import pytest

from roster import Roster, StillNeeded
from ward import Ward


@pytest.fixture
def ward(database):
    with psycopg.connect(database.url) as connection:
        connection.execute("INSERT INTO doctors VALUES ('Ann', true), ('Bob', true)")
    return Ward(database.url)


def test_one_of_two_doctors_goes_home(database, ward):
    assert ward.go_home("Ann") == "Good night, Ann"
    assert Roster(database.url).on_call() == ["Bob"]


def test_the_last_doctor_stays(database, ward):
    ward.go_home("Ann")
    with pytest.raises(StillNeeded):
        ward.go_home("Bob")
    assert Roster(database.url).on_call() == ["Bob"]
