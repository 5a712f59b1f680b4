"""Where copies are safe."""

stored: list[str] = []


async def store(name: str) -> int:
    stored.append(name)
    return len(stored)
