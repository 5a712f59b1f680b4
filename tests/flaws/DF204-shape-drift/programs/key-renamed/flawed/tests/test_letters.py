import letters


def test_greeting():
    assert letters.greeting("Ada") == "Dear Ada"
