"""What is on the shelf."""


def put(name: str, count: int) -> str:
    return f"{count} x {name}"
