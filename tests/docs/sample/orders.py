"""Orders: each one is booked at the catalogue's price."""

import catalog
import ledger


def order(customer: str, product: str) -> None:
    price = float(catalog.price_of(product))
    ledger.book(customer, price)


def withdraw(customer: str) -> None:
    ledger.cancel(customer)
