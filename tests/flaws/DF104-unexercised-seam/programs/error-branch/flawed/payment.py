"""Cards that pay."""


def charge(card, cents):
    if card == "stolen":
        raise ValueError("this card was refused")
    return f"receipt for {cents}"
