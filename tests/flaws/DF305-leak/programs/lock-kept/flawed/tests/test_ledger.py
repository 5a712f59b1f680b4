import pytest

from ledger import Ledger


@pytest.fixture
def ledger():
    return Ledger()


def test_the_balance_is_carried_on(ledger):
    ledger.book("tea", "3,20")
    ledger.book("cup", "5,00")
    assert ledger.entries == [("tea", 320, 320), ("cup", 500, 820)]
