"""Methods of the interpreter's own C types, replaced for a time."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from typing import Any


class Methods:
    """What was replaced, to be put back.

    Such types refuse assignments, but the garbage collector knows their dictionaries. Replacing a method there catches
    every object of the type, whoever made it and whenever; ``PyType_Modified`` has the interpreter forget what it has
    cached. What was bound before (``acquire = lock.acquire``) is not caught.
    """

    def __init__(self) -> None:
        self._old: list[tuple[type, str, object]] = []

    def replace(self, cls: type, **methods: Callable[..., object]) -> None:
        """Replace methods of a class by their names."""
        own = _dictionary(cls)
        for name, method in methods.items():
            if name in own:
                self._old.append((cls, name, own[name]))
                own[name] = method
        _modified(cls)

    def restore(self) -> None:
        """Put all of them back."""
        while self._old:
            cls, name, old = self._old.pop()
            _dictionary(cls)[name] = old
            _modified(cls)


def _dictionary(cls: type) -> dict[str, Any]:
    (found,) = gc.get_referents(cls.__dict__)
    own: dict[str, Any] = found
    return own


def _modified(cls: type) -> None:
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(cls))
