"""The goods, and how many there are."""


class SoldOut(Exception):
    """There are not as many."""


stock = {}


async def sell(prices, name, number):
    """Sell some, and return what they cost today. Raises SoldOut."""
    price = await prices.of(name)
    if stock[name] < number:
        raise SoldOut(f"{stock[name]} are left")
    stock[name] -= number
    return number * price
