"""Rates of exchange."""

_RATES = {"EUR": 1.0, "CHF": 1.1}


def convert(cents: int, currency: str) -> int:
    return round(cents * _RATES[currency])
