from archive import Archive
from bank import Bank
from rates import Rates


def test_the_rate_of_today_counts():
    assert Rates(Bank({"usd": 2}), Archive({"usd": 3})).euros(10, "usd") == 20


def test_yesterday_s_will_do():
    assert Rates(Bank(None), Archive({"usd": 3})).euros(10, "usd") == 30
