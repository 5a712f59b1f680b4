"""Payments, which tell the order."""


def charge(number, cents):
    import order

    order.mark_paid(number)
    return cents
