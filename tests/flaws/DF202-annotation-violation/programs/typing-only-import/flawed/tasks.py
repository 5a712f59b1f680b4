"""Work that waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta


class Queue:
    def __init__(self) -> None:
        self.waiting: list[tuple[str, timedelta]] = []

    async def put_all(self, names: Sequence[str], delay: timedelta) -> int:
        self.waiting.extend((name, delay) for name in names)
        return len(self.waiting)
