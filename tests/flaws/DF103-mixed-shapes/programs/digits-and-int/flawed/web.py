"""The shop's pages."""

import customers


def price_tag(query, price):
    number = query["customer"]
    return f"{price - customers.discount(number)} EUR"
