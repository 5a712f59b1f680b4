import payment


def checkout(cents: int) -> str:
    try:
        return payment.charge(cents)
    except payment.PaymentError:
        return "try another card"
