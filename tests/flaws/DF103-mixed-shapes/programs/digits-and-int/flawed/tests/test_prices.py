import batch
import web


def test_a_stranger_pays_the_full_price():
    assert web.price_tag({"customer": "7"}, 100) == "100 EUR"


def test_a_friend_pays_less():
    assert batch.invoice({"customer": "42", "price": 100}) == 90
