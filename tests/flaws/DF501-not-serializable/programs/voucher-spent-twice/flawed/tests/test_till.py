import pytest

from till import Till
from vouchers import NotGood, Vouchers


@pytest.fixture
def voucher(database):
    Vouchers(database.url).issue("SPRING", 2000)
    return "SPRING"


def test_a_voucher_pays(database, voucher):
    assert Till(database.url).pay(4999, voucher) == 2999


def test_a_voucher_pays_once(database, voucher):
    till = Till(database.url)
    assert till.pay(1500, voucher) == 0
    with pytest.raises(NotGood):
        till.pay(1500, voucher)
