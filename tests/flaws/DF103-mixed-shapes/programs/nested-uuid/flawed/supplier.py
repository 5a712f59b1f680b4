"""What the supplier asks by mail."""

import stock


async def reorder(message):
    lines = [{"product": product, "count": 1} for product in message.split()]
    return len(stock.missing(lines))
