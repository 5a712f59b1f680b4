import psycopg
import pytest

from accounts import NotCovered
from bank import Bank


@pytest.fixture
def bank(database):
    with psycopg.connect(database.url) as connection:
        connection.execute("INSERT INTO accounts VALUES ('Ann', 5000), ('Bob', 5000)")
    return Bank(database.url)


def accounts(url):
    with psycopg.connect(url) as connection:
        return dict(connection.execute("SELECT name, cents FROM accounts").fetchall())


def test_customers_pay_each_other(database, bank):
    assert bank.pay("Ann", "Bob", 20) == "Ann has paid 20 € to Bob"
    assert bank.pay("Bob", "Ann", 5) == "Bob has paid 5 € to Ann"
    assert accounts(database.url) == {"Ann": 3500, "Bob": 6500}


def test_nobody_pays_what_they_do_not_have(database, bank):
    with pytest.raises(NotCovered):
        bank.pay("Ann", "Bob", 60)
    assert accounts(database.url) == {"Ann": 5000, "Bob": 5000}
