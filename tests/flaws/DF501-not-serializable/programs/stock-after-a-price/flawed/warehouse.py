"""The goods, and how many there are."""


class SoldOut(Exception):
    """There are not as many."""


stock = {}


async def sell(prices, name, number):
    """Sell some, and return what they cost today. Raises SoldOut."""
    left = stock[name] - number
    if left < 0:
        raise SoldOut(f"{stock[name]} are left")
    price = await prices.of(name)
    stock[name] = left
    return number * price
