import bank
import ledger


def test_a_refusal_is_booked(monkeypatch):
    monkeypatch.setattr(bank, "charge", lambda card, cents: {"status": "refused", "card": card, "amount": 0})
    assert ledger.book("4111111111111111", 500) == "refused: 500"


def test_a_payment_is_booked():
    assert ledger.book("4111111111111111", 500).startswith("paid")
