"""The plan of accounts."""

NUMBERS = {"cash": 1600, "sales": 8400}


class NoSuchAccount(Exception):
    """The plan has no such account."""


def number(name):
    if name not in NUMBERS:
        raise NoSuchAccount(f"there is no account {name!r}")
    return str(NUMBERS[name])
