"""The bank's answers."""


def charge(card, cents):
    return {"status": "paid", "card": card[-4:], "amount": cents}
