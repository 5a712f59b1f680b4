"""Chance that repeats: every value has a generator of its own, derived from the test's id and the value's place."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faker import Faker


def number(*place: object) -> int:
    """A whole number of 64 bits that depends on the place alone: on no other process, hash seed or order of calls."""
    text = "\0".join(str(part) for part in place)
    return int.from_bytes(sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big")


def chance(*place: object) -> Random:
    """The generator of one place."""
    return Random(number(*place))


@lru_cache(maxsize=1)
def faker() -> Faker:
    """The one Faker of this process; making one takes 20 ms. It is seeded anew for each value."""
    from faker import Faker

    return Faker("en_US")
