import press


def test_a_text_becomes_a_page():
    assert press.pages(["The sun is out again"]) == [["The sun is out again"]]
