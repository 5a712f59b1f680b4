"""Rates of exchange, as the bank tells them."""


class RateUnknown(Exception):
    """The bank has no rate."""


class RateTooOld(RateUnknown):
    """The bank has none of today."""


def rate(currency: str) -> float:
    try:
        return {"EUR": 1.0, "CHF": 1.1}[currency]
    except KeyError as error:
        raise RateUnknown(currency) from error
