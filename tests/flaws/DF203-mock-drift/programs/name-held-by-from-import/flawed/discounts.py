"""Who pays less."""


def percent(customer: str) -> int:
    return 10 if customer.startswith("member") else 0
