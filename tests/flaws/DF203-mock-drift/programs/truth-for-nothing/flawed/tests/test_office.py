import office


def test_a_letter_is_kept():
    assert office.take_in("a letter") == "kept"


def test_a_letter_is_kept_on_its_shelf(monkeypatch):
    monkeypatch.setattr("archive.keep", lambda letter: 6)
    assert office.take_in("a letter") == "kept on shelf 7"
