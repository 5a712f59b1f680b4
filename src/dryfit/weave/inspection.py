"""Has ``inspect`` name the user's file for a woven function, so that a program finds what lies beside it."""

from __future__ import annotations

import inspect
from types import FrameType, TracebackType
from typing import Any

from dryfit.model.crossing import Callee
from dryfit.weave.loop import Woven
from dryfit.weave.trampoline import own_file
from dryfit.weave.weaver import Weaver


def weave_inspection(weaver: Weaver) -> None:
    """Weave ``inspect.getfile``, which all others of that module ask."""
    weaver.weave(inspect.getfile, Callee("<inspect>", "getfile", ("object",)), cross=_getfile)


def _getfile(woven: Woven, values: tuple[Any, ...]) -> Any:
    (asked_for,) = values
    file: str = woven.function(asked_for)
    # What runs is told apart by its own name, by the user's tools as by dryfit's.
    return file if isinstance(asked_for, FrameType | TracebackType) else own_file(file)
