def test_a_customer_cancels(client, order):
    assert client.post(f"/orders/{order}/cancellation").status_code == 204
