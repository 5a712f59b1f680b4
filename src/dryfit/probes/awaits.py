"""Coroutines that crossed a seam and were never awaited.

CPython calls ``warnings._warn_unawaited_coroutine`` when such a coroutine is let go. While installed, it passes through
here, and the interpreter keeps for every coroutine the line that made it. The user's warning stays exactly the same:
the line is told in it only where the user has origin tracking on.

The interpreter's tracking belongs to one thread: what other threads drop is warned of, but not traced back to a seam.
"""

from __future__ import annotations

import linecache
import os
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from types import CodeType, CoroutineType
from typing import Any, TypeAlias

from dryfit.model.crossing import Callee
from dryfit.model.seam import DRIVER, Place, Seam
from dryfit.model.trace import Dropped

WOVEN_FRAMES = 2
"""How many frames of dryfit's own a woven call has between its caller and the coroutine that is made."""

_OWN_FILES = "<dryfit "

CalleeOf = Callable[[CodeType], Callee | None]
ComponentOf = Callable[[str], str | None]
Origin = list[tuple[str, int, str]]
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
        sys.set_coroutine_origin_tracking_depth(self._needed())
        self._installed = _passing(self._told, self._warn)
        warnings._warn_unawaited_coroutine = self._installed  # type: ignore[attr-defined]

    def remove(self) -> None:
        """Put back what was there, unless somebody else has put something in its place meanwhile."""
        if self._warn is None:
            return
        if warnings._warn_unawaited_coroutine is self._installed:  # type: ignore[attr-defined]
            warnings._warn_unawaited_coroutine = self._warn  # type: ignore[attr-defined]
        if sys.get_coroutine_origin_tracking_depth() == self._needed():
            sys.set_coroutine_origin_tracking_depth(self._depth)
        self._warn = None

    def _needed(self) -> int:
        return max(1, self._depth) + WOVEN_FRAMES

    def _told(self, coroutine: Coroutine) -> Origin | None:
        """Report a coroutine, and give as much of its origin as the user would see without dryfit."""
        if not coroutine.cr_origin:
            return None
        frames = [frame for frame in coroutine.cr_origin if not frame[0].startswith(_OWN_FILES)]
        if frames:
            self._report_made_at(coroutine, *frames[0])
        depth = sys.get_coroutine_origin_tracking_depth()
        return frames[: self._depth if depth == self._needed() else depth]

    def _report_made_at(self, coroutine: Coroutine, file: str, line: int, function: str) -> None:
        callee, caller = self._callee_of(coroutine.cr_code), self._component_of(file)
        if callee is not None and caller and caller not in (callee.component, DRIVER):
            place = Place(self._relative(file), line, function)
            self._report(Dropped(Seam(caller, callee.component, callee.name), place, ""))

    def _relative(self, file: str) -> str:
        path = Path(file)
        return path.relative_to(self._root).as_posix() if path.is_relative_to(self._root) else path.as_posix()


def _passing(
    told: Callable[[Coroutine], Origin | None], warn: Callable[[Coroutine], None]
) -> Callable[[Coroutine], None]:
    """Make what is called in place of ``warn``.

    Its own warning is CPython's, with the frames that the user asked for. Where ``warn`` is called instead, this frame
    must not count as a stack level: ``warnings`` passes over frames whose file is named like the import system's.
    """

    def _warn_unawaited_coroutine(coroutine: Coroutine) -> None:
        origin = told(coroutine)
        if origin is None:
            warn(coroutine)
        else:
            warnings.warn(_text(coroutine, origin), category=RuntimeWarning, stacklevel=2, source=coroutine)

    code = _warn_unawaited_coroutine.__code__
    name = f"{_OWN_FILES}importlib._bootstrap> {os.path.basename(__file__)}"
    _warn_unawaited_coroutine.__code__ = code.replace(co_filename=name)
    return _warn_unawaited_coroutine


def _text(coroutine: Coroutine, origin: Origin) -> str:
    """What CPython says; see ``warnings._warn_unawaited_coroutine``."""
    lines = [f"coroutine '{coroutine.__qualname__}' was never awaited\n"]
    if origin:
        lines.append("Coroutine created at (most recent call last)\n")
        made = (
            (file, line, function, linecache.getline(file, line)) for file, line, function in reversed(origin)
        )
        lines += traceback.format_list(list(made))
    return "".join(lines).rstrip("\n")
