def test_a_parcel_is_shipped(shipping):
    assert shipping.ship("P-1", 500) == "shipped"
