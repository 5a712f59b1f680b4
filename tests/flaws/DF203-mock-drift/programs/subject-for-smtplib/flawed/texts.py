"""What is written in mails."""


def text(name: str) -> str:
    return f"Hello {name}"
