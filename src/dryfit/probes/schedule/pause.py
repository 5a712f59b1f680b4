"""A suspension that ends as soon as the task has its turn."""

from __future__ import annotations

from collections.abc import Generator


class Pause:
    """To be awaited: gives way once, like ``asyncio.sleep(0)``."""

    __slots__ = ()

    def __await__(self) -> Generator[None, None, None]:
        """Give way once."""
        yield
