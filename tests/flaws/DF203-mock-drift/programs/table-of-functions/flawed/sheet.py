"""Reports as tables."""


def render(report: str) -> bytes:
    return f"sheet;{report}\n".encode()
