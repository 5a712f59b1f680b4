import psycopg
import pytest

from accounts import Accounts
from bank import Bank


@pytest.fixture
def bank(database):
    with psycopg.connect(database.url) as connection:
        connection.execute("INSERT INTO accounts VALUES ('Ann', 100)")
    return Bank(database.url)


def test_money_is_withdrawn(database, bank):
    assert bank.withdraw("Ann", 30) == "30 for Ann"
    assert Accounts(database.url).balance("Ann") == 70


def test_who_leaves_gets_the_rest(database, bank):
    assert bank.leave("Ann") == "100 for Ann, good bye"
    assert Accounts(database.url).balance("Ann") == 0
