"""Pictures, and how large they are."""

import files


def size(name: str) -> str:
    return f"{len(files.load(name))} B"
