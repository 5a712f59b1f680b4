"""What to put on."""

from station import reading, temperature

__all__ = ["advice", "temperature"]


def advice(town: str) -> str:
    return "shirt" if reading(town)["celsius"] > 18 else "coat"
