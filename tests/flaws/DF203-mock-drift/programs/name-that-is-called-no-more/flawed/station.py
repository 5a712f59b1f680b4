"""What is measured outside."""


def temperature(town: str) -> float:
    return 21.5


def reading(town: str) -> dict[str, float]:
    return {"celsius": 21.5, "rain": 0.0}
