"""Finds the carrier that takes a parcel for the least money."""


class NoQuote(Exception):
    """Some carrier did not tell its price, so that nobody knows who is the cheapest."""


def cheapest(carriers, kilos):
    offers = {}
    for carrier in carriers:
        try:
            offers[carrier.name] = carrier.price(kilos)
        except Exception as error:
            raise NoQuote(f"no price from {carrier.name}") from error
    return min(offers, key=offers.get)
