"""Letters to colleagues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from directory import Directory


class Letters:
    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def address(self, login: str) -> str:
        profile: Mapping[str, Any] = self._directory.profile(login)
        return f"{profile['name']} <{profile.get('mail', 'unknown')}>"
