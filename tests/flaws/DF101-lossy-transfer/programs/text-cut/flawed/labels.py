"""Labels for parcels."""


def render(name: str, address: str) -> str:
    return f"{name}\n{address}"
