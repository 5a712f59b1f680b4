"""Prices in other currencies."""

import exchange


def price(euros: float, currency: str) -> str:
    try:
        return f"{euros * exchange.rate(currency):.2f} {currency}"
    except (KeyError, exchange.RateUnknown):
        return "on request"
