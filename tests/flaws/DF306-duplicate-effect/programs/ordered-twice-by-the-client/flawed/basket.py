"""What is in a basket."""


class Empty(Exception):
    """Nothing can be ordered."""


def lines(basket):
    if not basket:
        raise Empty("the basket is empty")
    return [{"product": product, "count": count} for product, count in sorted(basket.items())]
