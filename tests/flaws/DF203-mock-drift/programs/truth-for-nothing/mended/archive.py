"""Where letters are kept."""

KEPT = set()
SHELVES = {}


def keep(letter):
    KEPT.add(letter)
    return SHELVES.get(letter)
