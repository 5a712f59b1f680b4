"""Values that run code of whoever made them, bit by bit, while somebody else asks for their items or their end."""

from __future__ import annotations

import itertools
from types import AsyncGeneratorType, CoroutineType, GeneratorType

_TYPES = (
    GeneratorType, CoroutineType, AsyncGeneratorType, enumerate, filter, map, zip,
    itertools.accumulate, itertools.chain, itertools.compress, itertools.dropwhile, itertools.filterfalse,
    itertools.islice, itertools.starmap, itertools.takewhile, itertools.zip_longest,
)  # fmt: skip

SUSPENDED = frozenset(map(id, _TYPES))
"""Their types by identity, since a class may have a hash of its own.

Generator expressions among them are the only functions that are not woven.
"""
