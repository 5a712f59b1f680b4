import shirts


def test_a_shirt_has_two_sizes():
    assert shirts.name("xl", 104) == "XL / 104"


def test_a_label_names_the_size():
    assert shirts.label("xl").startswith("size ")
