class PaymentError(Exception):
    """Anything that goes wrong with a payment."""


class Declined(Exception):
    """The bank says no."""


def charge(cents: int) -> str:
    if cents > 1000:
        raise Declined
    return "paid"
