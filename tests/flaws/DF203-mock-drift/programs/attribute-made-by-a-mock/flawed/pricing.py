"""What things cost."""

from dataclasses import dataclass


@dataclass
class Quote:
    net: int
    tax: int


def quote(sku):
    return Quote(net=1000, tax=190)
