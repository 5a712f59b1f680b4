MOVED: list[tuple[str, str]] = []


def move(target: str, source: str) -> None:
    MOVED.append((source, target))
