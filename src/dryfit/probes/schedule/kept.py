"""Conditions keep methods of their locks, bound when they were made: these are looked up anew for a time."""

from __future__ import annotations

import threading
from _thread import LockType, RLock
from types import BuiltinMethodType
from typing import Any

_NAMES = ("acquire", "release", "_release_save", "_acquire_restore")


class Kept:
    """Properties of the class go before what stands in its objects, so that no object has to be found and changed."""

    def __init__(self) -> None:
        self._old: dict[str, object] = {}

    def replace(self) -> None:
        """Have every condition find its lock's methods as they are now."""
        own = vars(threading.Condition)
        self._old = {name: own[name] for name in _NAMES if name in own}
        for name in _NAMES:
            setattr(threading.Condition, name, _Anew(name, self._old.get(name)))

    def restore(self) -> None:
        """Have conditions as they were."""
        for name in _NAMES:
            if name in self._old:
                setattr(threading.Condition, name, self._old[name])
            else:
                delattr(threading.Condition, name)


class _Anew:
    """A method that an object keeps, or that its class has."""

    def __init__(self, name: str, own: Any) -> None:
        self._name = name
        self._own = own

    def __get__(self, condition: Any, cls: type) -> object:
        if condition is None:
            return self._own
        kept = vars(condition).get(self._name)
        if kept is None:
            return self._own.__get__(condition, cls)
        if isinstance(kept, BuiltinMethodType) and type(kept.__self__) in (LockType, RLock):
            return getattr(kept.__self__, self._name)
        return kept

    def __set__(self, condition: Any, value: object) -> None:
        vars(condition)[self._name] = value
