"""Parcels on their way."""

import customers
import labels


def send(name: str) -> str:
    address = customers.address(name)
    return labels.render(name, address)
