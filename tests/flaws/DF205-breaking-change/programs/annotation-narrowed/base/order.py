import payment


def checkout(card: str, cents: int) -> str:
    return payment.charge(card, cents)
