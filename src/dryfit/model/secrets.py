"""Names whose values nobody looks at."""

from __future__ import annotations

import re
from functools import lru_cache

_WORDS = frozenset(
    (
        "pwd",
        "pin",
        "card",
        "cvv",
        "cvc",
        "pan",
        "ssn",
        "iban",
        "otp",
        "salt",
        "cookie",
        "cookies",
        "bearer",
        "auth",
    )
)
_INSIDE = re.compile(
    "passw|passphrase|secret|token|authorization|credential|apikey|api_key|privatekey|private_key|accesskey|access_key"
)
_SPLIT = re.compile(r"[^A-Za-z]+|(?<=[a-z])(?=[A-Z])")


@lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """Whether a parameter, key or attribute of this name holds what must not be looked into.

    Short words count as whole words only (``pin``, but not ``shipping``), long ones anywhere in the name.
    """
    lowered = name.lower().replace("-", "_")
    return bool(_INSIDE.search(lowered)) or not _WORDS.isdisjoint(word.lower() for word in _SPLIT.split(name))
