"""Money back."""


def refund(order, cents, reason):
    return f"{order}: {cents} back, {reason}"
