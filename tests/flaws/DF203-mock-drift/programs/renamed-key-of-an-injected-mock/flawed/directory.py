"""Who works here."""

from __future__ import annotations

from typing import TypedDict


class Profile(TypedDict):
    name: str
    mail: str


class Directory:
    def profile(self, login: str) -> Profile:
        return {"name": login.title(), "mail": f"{login}@example.com"}
