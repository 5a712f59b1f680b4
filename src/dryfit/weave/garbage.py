"""Says where garbage is being collected, for what must not be done then.

CPython 3.11 collects in the midst of an allocation, also of one that ``ContextVar.set`` makes while it reads the
context's variables; a finalizer that sets one, too, takes them away from it, and the interpreter crashes. So what
finalizers call is no crossing there. From 3.12 on garbage is collected between two instructions.
"""

from __future__ import annotations

import gc
import sys
from _thread import get_ident
from typing import Literal

IN_ALLOCATIONS = sys.version_info < (3, 12)
"""Whether garbage is collected in the midst of an allocation."""


class Garbage:
    """``threads`` has the number of the thread that collects, if one does; watched where that matters."""

    __slots__ = ("threads",)

    def __init__(self) -> None:
        self.threads: list[int] = []

    def watch(self) -> None:
        """Be told of collections from now on."""
        if IN_ALLOCATIONS and self._told not in gc.callbacks:
            gc.callbacks.append(self._told)

    def unwatch(self) -> None:
        """Be told no more."""
        if self._told in gc.callbacks:
            gc.callbacks.remove(self._told)
        self.threads.clear()

    def is_here(self) -> bool:
        """Whether this thread collects garbage now."""
        return get_ident() in self.threads

    def _told(self, phase: Literal["start", "stop"], info: dict[str, int]) -> None:
        if phase == "start":
            self.threads.append(get_ident())
        else:
            self.threads.clear()
