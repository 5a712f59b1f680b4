"""Reports for download."""

from collections.abc import Callable
from typing import Any

import sheet

RENDERERS: dict[str, Callable[[str], Any]] = {"csv": sheet.render}


def length(kind: str, report: str) -> int:
    return len(RENDERERS[kind](report))
