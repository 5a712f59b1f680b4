from website import Website


def test_visitors_are_counted():
    website = Website()
    assert website.show("/") == "Welcome (1)"
    assert website.show("/") == "Welcome (2)"
    assert website.visits.numbers == {"/": 2}
