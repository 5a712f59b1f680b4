"""Where the pages lie."""

from pathlib import Path


def target(name: str) -> Path:
    return Path("public") / name
