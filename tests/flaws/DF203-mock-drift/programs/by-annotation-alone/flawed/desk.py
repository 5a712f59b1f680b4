"""Where parcels are handed in."""

import parcels


def label(grams: int) -> str:
    return f"{grams} g, {parcels.cost(grams)} EUR"
