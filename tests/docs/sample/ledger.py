"""What customers owe."""

entries: dict[str, float] = {}


def book(customer: str, amount: float) -> None:
    entries[customer] = amount


def cancel(customer: str) -> None:
    del entries[customer]
