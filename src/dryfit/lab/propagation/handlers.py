"""What a code object tells of its handlers: where they begin, and how deep they lie in each other."""

from __future__ import annotations

import dis
from functools import lru_cache
from types import CodeType

_CODES = 1024


def depth(code: CodeType, offset: int) -> int:
    """How deep the handler lies that begins at an offset, or just before it."""
    depths = targets(code)
    begun = [target for target in depths if target <= offset]
    return depths[max(begun)] if begun else 0


def line(code: CodeType, offset: int) -> int:
    """The line of an offset; where an instruction has none, as the first one of a handler, that of the next."""
    return next((line for _, end, line in code.co_lines() if line is not None and end > offset), 0)


@lru_cache(_CODES)
def targets(code: CodeType) -> dict[int, int]:
    """The offsets at which handlers begin, each with how many values lie below it on the stack."""
    return {entry.target: entry.depth for entry in dis._parse_exception_table(code)}  # type: ignore[attr-defined]
