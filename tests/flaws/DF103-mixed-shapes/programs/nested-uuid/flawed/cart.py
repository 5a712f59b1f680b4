"""What a customer wants."""

from uuid import UUID

import stock


def missing(wishes):
    lines = [{"product": UUID(product), "count": count} for product, count in wishes.items()]
    return len(stock.missing(lines))
