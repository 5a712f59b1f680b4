"""The bank's side."""


def charge(card, cents):
    return {"status": "paid" if cents > 0 else "refused", "card": card[-4:]}
