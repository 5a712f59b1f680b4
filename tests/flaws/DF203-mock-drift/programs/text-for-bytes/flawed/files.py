"""Where uploads lie."""

_FILES = {"cat.png": b"\x89PNG-cat"}


def load(name: str) -> bytes:
    return _FILES[name]
