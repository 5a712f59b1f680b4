"""UUIDs that repeat: while it lasts, ``uuid.uuid4`` draws from the test's id instead of from the system."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from random import Random
from types import ModuleType

from dryfit.model.errors import ResourceError


class Uuids:
    """The identifiers of one test: ``uuids()`` is the next one, the same sequence for the same seed."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._random = Random(_number(seed))

    def __call__(self) -> uuid.UUID:
        """The next identifier, as the program's next call of ``uuid.uuid4`` would have had it."""
        return uuid.UUID(bytes=self._random.randbytes(16), version=4)

    def restart(self) -> None:
        """Begin the sequence again."""
        self._random = Random(_number(self._seed))

    def random_bytes(self, number: int) -> bytes:
        """What stands in for ``os.urandom`` within the module ``uuid``."""
        return self._random.randbytes(number)


class _System(ModuleType):
    """The module ``os`` as ``uuid`` sees it: all as it is, but for where its random bytes come from."""

    def __init__(self, uuids: Uuids) -> None:
        super().__init__("os", "The module os, with another urandom.")
        self.urandom = uuids.random_bytes

    def __getattr__(self, name: str) -> object:
        return getattr(os, name)


@contextmanager
def deterministic_uuids(seed: str) -> Iterator[Uuids]:
    """Let ``uuid.uuid4`` repeat for a seed, for all threads, until the context is left.

    The function itself stays as it is, so every reference is reached, however it was imported (``default=uuid4``);
    only the name ``os`` in the module ``uuid`` is another. ``os.urandom``, ``secrets`` and ``random`` are untouched,
    and so are UUIDs that are made elsewhere: by the database, or by a library of its own in C or Rust. Raises
    ``ResourceError`` on a Python that makes them in another way.
    """
    uuids = Uuids(seed)
    before = uuid.__dict__["os"]
    uuid.__dict__["os"] = _System(uuids)
    try:
        if uuid.uuid4() != Uuids(seed)():
            raise ResourceError(
                "this Python's uuid.uuid4 does not draw from os.urandom: UUIDs cannot be made to repeat"
            )
        uuids.restart()
        yield uuids
    finally:
        uuid.__dict__["os"] = before


def _number(seed: str) -> int:
    return int.from_bytes(sha256(seed.encode("utf-8", "surrogatepass")).digest(), "big")
