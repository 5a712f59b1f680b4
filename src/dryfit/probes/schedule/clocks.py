"""The time that operations see: a sleep or a timeout of theirs takes none, but has passed for them afterwards."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from dryfit.probes.schedule.governed import Governor

_CLOCKS: tuple[Callable[[], float], ...] = (time.time, time.monotonic)
"""Those by which programs wait; ``perf_counter`` and ``datetime`` stay what they are."""


class Clocks:
    """Stands in for the clocks of ``time`` under whatever name a module has imported them."""

    def __init__(self, governor: Governor) -> None:
        self._new = {clock: _shifted(governor, clock) for clock in _CLOCKS}
        self._places: list[tuple[dict[str, Any], str, Callable[[], float]]] = []

    def put_in(self) -> None:
        """Have modules ask these clocks."""
        for module in tuple(sys.modules.values()):
            names = getattr(module, "__dict__", None)
            if names is not None and not module.__name__.startswith("dryfit."):
                self._replace(names)

    def take_out(self) -> None:
        """Have them ask the real ones."""
        while self._places:
            names, name, clock = self._places.pop()
            if names.get(name) is self._new[clock]:
                names[name] = clock

    def forget(self) -> None:
        """There is nothing to forget: each lane's time begins anew."""

    def _replace(self, names: dict[str, Any]) -> None:
        for name in [name for name, value in names.items() if type(value) is _BUILTIN and value in self._new]:
            self._places.append((names, name, names[name]))
            names[name] = self._new[names[name]]


_BUILTIN = type(time.time)


def _shifted(governor: Governor, clock: Callable[[], float]) -> Callable[[], float]:
    def shifted() -> float:
        here = governor.here()
        return clock() + here[1].skipped if here is not None else clock()

    shifted.__name__ = shifted.__qualname__ = clock.__name__
    shifted.__doc__ = clock.__doc__
    return shifted
