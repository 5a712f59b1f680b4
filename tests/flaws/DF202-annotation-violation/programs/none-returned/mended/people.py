"""Who is known."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Person:
    name: str


class People:
    def __init__(self) -> None:
        self._known = {"ada": Person("Ada")}

    def find(self, login: str) -> Person | None:
        return self._known.get(login)
