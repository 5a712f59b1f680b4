"""Where letters are kept."""

KEPT = set()


def keep(letter):
    KEPT.add(letter)
