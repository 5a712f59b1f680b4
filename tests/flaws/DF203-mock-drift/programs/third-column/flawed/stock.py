"""What is on the shelves."""

_counts: dict[str, int] = {}


def add(name: str, count: str) -> int:
    _counts[name] = _counts.get(name, 0) + int(count)
    return _counts[name]
