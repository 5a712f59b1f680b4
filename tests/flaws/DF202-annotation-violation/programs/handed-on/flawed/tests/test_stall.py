import stall


def test_a_text_is_taken_as_well():
    assert stall.restock("tea", "3") == "3 x tea"
