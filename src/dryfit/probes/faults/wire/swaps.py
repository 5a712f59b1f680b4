"""Attributes that have another value for a while."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

_INHERITED = object()


class Swaps:
    """Puts functions in the place of attributes of classes and modules, and puts everything back."""

    def __init__(self) -> None:
        self._old: list[tuple[type | ModuleType, str, object]] = []

    def put(self, owner: type | ModuleType, name: str, new: Callable[..., object]) -> None:
        """Give an attribute another value."""
        self._old.append((owner, name, vars(owner).get(name, _INHERITED)))
        setattr(owner, name, new)

    def put_back(self) -> None:
        """Have everything as it was."""
        while self._old:
            owner, name, old = self._old.pop()
            if old is _INHERITED:
                delattr(owner, name)
            else:
                setattr(owner, name, old)
