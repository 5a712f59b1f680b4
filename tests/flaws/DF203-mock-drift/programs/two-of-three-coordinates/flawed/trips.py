"""Where journeys lead."""

import geo


def is_northern(place: str) -> bool:
    return geo.locate(place)[0] > 0
