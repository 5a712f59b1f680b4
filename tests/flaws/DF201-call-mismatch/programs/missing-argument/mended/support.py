"""What the hotline can do."""

import payment


def complain(order, cents, text):
    if "broken" not in text:
        return "sorry"
    return payment.refund(order, cents, text)
