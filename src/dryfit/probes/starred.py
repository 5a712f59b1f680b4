"""Which parameters of a callee gather what has no parameter of its own."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from dryfit.model.crossing import Callee


@dataclass(frozen=True, slots=True)
class Starred:
    """The names of ``*args`` and ``**kwargs``, or "". What they hold was made by the call and belongs to the callee."""

    positional: str = ""
    keyword: str = ""


def starred(callee: Callee) -> Starred:
    """Read them off the callee's code."""
    if callee.function is None:
        return Starred()
    code = callee.function.__code__
    names = code.co_varnames[code.co_argcount + code.co_kwonlyargcount :]
    positional = names[0] if code.co_flags & inspect.CO_VARARGS else ""
    keyword = names[bool(positional)] if code.co_flags & inspect.CO_VARKEYWORDS else ""
    return Starred(positional, keyword)
