import checkout


def test_the_customer_pays_tax():
    assert checkout.bill({"lines": [{"price": 100}, {"price": 200}]})["pays"] == 357


def test_an_empty_basket_is_free():
    assert checkout.bill({"lines": []}) == {"pays": 0, "earns": 0}
