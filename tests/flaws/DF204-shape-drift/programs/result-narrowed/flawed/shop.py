import stock


def can_sell(product):
    return bool(stock.left(product))
