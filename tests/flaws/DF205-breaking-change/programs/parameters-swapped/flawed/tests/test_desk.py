import desk


def test_transfer_moves_something():
    assert desk.transfer("mine", "theirs") > 0
