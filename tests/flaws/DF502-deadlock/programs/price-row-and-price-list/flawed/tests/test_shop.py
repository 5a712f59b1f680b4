import psycopg
import pytest

from prices import NotForSale
from shop import Shop


@pytest.fixture
def shop(database):
    with psycopg.connect(database.url) as connection:
        connection.execute("INSERT INTO prices VALUES ('lamp', 4900), ('chair', 9900)")
    return Shop(database.url)


def test_prices_change_until_the_article_is_withdrawn(shop):
    shop.change_price("lamp", 39)
    assert shop.prices.known["lamp"] == 3900
    shop.take_out_of_the_range("lamp")
    assert shop.prices.known == {"chair": 9900}


def test_what_is_not_for_sale_has_no_price(shop):
    with pytest.raises(NotForSale):
        shop.change_price("table", 99)
