import pricing


def is_cheap(product: str) -> bool:
    return pricing.price(product) < 5
