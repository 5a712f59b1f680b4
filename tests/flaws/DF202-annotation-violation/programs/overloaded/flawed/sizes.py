"""Sizes of clothes."""

from typing import overload


@overload
def size(code: str) -> str: ...
@overload
def size(code: int) -> int: ...
def size(code: str | int) -> str | int:
    return code if isinstance(code, int) else str(code).upper()
