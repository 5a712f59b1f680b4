"""What people look for."""


def clean(text: str) -> str:
    return " ".join(text.split())
