"""Plain values as JSON text."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | float | bool | None"


def encode(document: Json) -> str:
    """Indented JSON with a line end; non-ASCII characters stay readable."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def embed(document: Json) -> str:
    """Compact JSON that may stand inside a script element: nothing in it can end the element or begin a comment."""
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def number(value: float) -> float | str:
    """A number that JSON knows: the infinities and not-a-number become words."""
    return value if math.isfinite(value) else str(value)
