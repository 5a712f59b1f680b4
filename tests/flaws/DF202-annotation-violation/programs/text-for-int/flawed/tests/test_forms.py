import forms


def test_an_order_is_reserved():
    assert forms.submit({"sku": "tea", "quantity": "3"}) == "3 x tea"
