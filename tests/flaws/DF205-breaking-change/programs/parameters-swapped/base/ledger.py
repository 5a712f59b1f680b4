MOVED: list[tuple[str, str]] = []


def move(source: str, target: str) -> None:
    MOVED.append((source, target))
