import press


def test_every_text_becomes_a_page():
    texts = (text.strip() for text in ["The sun is out again "])
    assert press.pages(texts) == [["The sun is out again"]]
