import converter


def test_texts_are_converted_in_order():
    assert converter.convert(["intro", "end"]) == ["WELCOME", "GOODBYE"]
