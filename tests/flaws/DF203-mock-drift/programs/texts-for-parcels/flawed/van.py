"""What a van can take."""

import depot


def crates(place: str) -> str:
    return f"{len(depot.parcels(place))} parcels"


def heaviest(place: str) -> int:
    return max(each.grams for each in depot.parcels(place))


def forgotten() -> int:
    return sum(each.grams for each in depot.shelf())
