def test_what_was_ordered_is_shipped(client, order):
    assert client.post(f"/orders/{order}/parcel").status_code == 204
