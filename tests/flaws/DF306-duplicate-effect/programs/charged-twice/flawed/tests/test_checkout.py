from checkout import Checkout


def test_an_order_is_paid(client, charges):
    assert Checkout(client).pay("A-1", "4242 4242 4242 4242", 1250) == 1
    assert [charge["cents"] for _, charge in charges.values()] == [1250]
