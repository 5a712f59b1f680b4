"""Amounts of money as people write them: 12,50."""


class NotAnAmount(Exception):
    """The text is not an amount."""


def cents(text):
    euros, _, rest = text.partition(",")
    if not (euros.isdigit() and rest.isdigit() and len(rest) == 2):
        raise NotAnAmount(f"{text!r} is not an amount like 12,50")
    return int(euros) * 100 + int(rest)
