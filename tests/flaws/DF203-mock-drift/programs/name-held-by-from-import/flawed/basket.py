"""What a customer wants to have."""

from discounts import percent

FREE_FROM = 5000


def total(cents: int, customer: str) -> int:
    shipping = 0 if cents >= FREE_FROM else 500
    return cents - cents * percent(customer) // 100 + shipping
