def charge(card: str, cents: int) -> str:
    return f"{card}:{cents}"
