"""Coroutines that crossed a seam and were never awaited.

CPython calls ``warnings._warn_unawaited_coroutine`` when such a coroutine is let go. While installed, it passes through
here, and the interpreter keeps for every coroutine the line that made it. The user's warning stays exactly the same:
the line is told in it only where the user has origin tracking on.

The interpreter's tracking belongs to one thread: what other threads drop is warned of, but not traced back to a seam.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import CodeType, CoroutineType
from typing import Any, TypeAlias

from dryfit.model.crossing import Callee
from dryfit.model.seam import DRIVER, Place, Seam
from dryfit.model.trace import Dropped

CalleeOf = Callable[[CodeType], Callee | None]
ComponentOf = Callable[[str], str | None]
Coroutine: TypeAlias = "CoroutineType[Any, Any, Any]"


class Unawaited:
    """Reports coroutines of one component that another component made and dropped."""

    def __init__(
        self, report: Callable[[Dropped], None], callee_of: CalleeOf, component_of: ComponentOf, root: Path
    ) -> None:
        self._report = report
        self._callee_of = callee_of
        self._component_of = component_of
        self._root = root
        self._warn: Callable[[Coroutine], None] | None = None
        self._installed: Callable[[Coroutine], None] | None = None
        self._depth = 0

    def install(self) -> None:
        """Begin to watch, in this thread's coroutines."""
        if self._warn is not None:
            return
        self._warn = warnings._warn_unawaited_coroutine  # type: ignore[attr-defined]
        self._depth = sys.get_coroutine_origin_tracking_depth()
        sys.set_coroutine_origin_tracking_depth(max(1, self._depth))
        self._installed = _passing(self._told, self._warn)
        warnings._warn_unawaited_coroutine = self._installed  # type: ignore[attr-defined]

    def remove(self) -> None:
        """Put back what was there, unless somebody else has put something in its place meanwhile."""
        if self._warn is None:
            return
        if warnings._warn_unawaited_coroutine is self._installed:  # type: ignore[attr-defined]
            warnings._warn_unawaited_coroutine = self._warn  # type: ignore[attr-defined]
        if sys.get_coroutine_origin_tracking_depth() == max(1, self._depth):
            sys.set_coroutine_origin_tracking_depth(self._depth)
        self._warn = None

    def _told(self, coroutine: Coroutine) -> bool:
        """Report a coroutine, and say whether it has an origin that only dryfit asked for."""
        origin = coroutine.cr_origin
        if not origin:
            return False
        file, line, function = origin[0]
        callee, caller = self._callee_of(coroutine.cr_code), self._component_of(file)
        if callee is not None and caller and caller not in (callee.component, DRIVER):
            place = Place(self._relative(file), line, function)
            self._report(Dropped(Seam(caller, callee.component, callee.name), place, ""))
        return not self._depth and len(origin) == 1 and sys.get_coroutine_origin_tracking_depth() <= 1

    def _relative(self, file: str) -> str:
        path = Path(file)
        return path.relative_to(self._root).as_posix() if path.is_relative_to(self._root) else path.as_posix()


def _passing(
    told: Callable[[Coroutine], bool], warn: Callable[[Coroutine], None]
) -> Callable[[Coroutine], None]:
    """Make what is called in place of ``warn``.

    Its own warning is CPython's for a coroutine without an origin. Where ``warn`` is called instead, this frame must
    not count as a stack level: ``warnings`` passes over frames whose file is named like the import system's.
    """

    def _warn_unawaited_coroutine(coroutine: Coroutine) -> None:
        if told(coroutine):
            text = f"coroutine '{coroutine.__qualname__}' was never awaited"
            warnings.warn(text, category=RuntimeWarning, stacklevel=2, source=coroutine)
        else:
            warn(coroutine)

    code = _warn_unawaited_coroutine.__code__
    name = f"<dryfit importlib._bootstrap> {os.path.basename(__file__)}"
    _warn_unawaited_coroutine.__code__ = code.replace(co_filename=name)
    return _warn_unawaited_coroutine
