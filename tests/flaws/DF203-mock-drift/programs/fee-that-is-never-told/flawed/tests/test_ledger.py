import bank
import ledger


def test_the_fee_is_taken_off(monkeypatch):
    monkeypatch.setattr(bank, "charge", lambda card, cents: {"status": "paid", "fee": 30})
    assert ledger.book("4111111111111111", 500, abroad=True) == "paid: 470"


def test_a_payment_is_booked():
    assert ledger.book("4111111111111111", 500) == "paid: 500"
