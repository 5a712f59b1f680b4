"""Keeps a copy of what the other side has."""

import inspect
from typing import Any


class Sync:
    def __init__(self, remote: Any) -> None:
        self._remote = remote
        self.copy: dict[str, str] = {}

    async def pull(self, name: str) -> str:
        text = self._remote.fetch(name)
        self.copy[name] = await text if inspect.isawaitable(text) else text
        return self.copy[name]
