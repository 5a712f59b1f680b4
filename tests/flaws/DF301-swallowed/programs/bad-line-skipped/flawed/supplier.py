"""Reads the lines of our supplier's price list: number, price in euros."""

from decimal import Decimal, InvalidOperation


class BadLine(Exception):
    """The line is not a number and a price."""


def parse(line):
    try:
        number, price = line.split(";")
        return number.strip(), Decimal(price.strip())
    except (ValueError, InvalidOperation) as error:
        raise BadLine(f"not a price: {line!r}") from error
