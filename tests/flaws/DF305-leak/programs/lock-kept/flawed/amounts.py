"""Amounts of money as people write them."""


class NotAnAmount(Exception):
    """The text is not an amount."""


def parse(text):
    euros, _, cents = text.partition(",")
    if not (euros.isdigit() and cents.isdigit() and len(cents) == 2):
        raise NotAnAmount(f"{text!r} is not an amount like 12,50")
    return int(euros) * 100 + int(cents)
