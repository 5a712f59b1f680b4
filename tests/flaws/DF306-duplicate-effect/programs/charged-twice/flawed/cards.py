"""Cards."""


class BadCard(Exception):
    """The number cannot be a card's."""


def number(text):
    digits = text.replace(" ", "")
    if not (digits.isdigit() and len(digits) == 16):
        raise BadCard("a card has 16 digits")
    return digits
