"""Which of two states a third one is, whatever values were generated in it."""

from __future__ import annotations

from typing import Literal

from dryfit.checks.states import rows_of
from dryfit.model.digest import Digest, canonical


def state(before: Digest, success: Digest, now: Digest) -> Literal["before", "success", "other"]:
    """Whether ``now`` is the state before, the state after success, or neither."""
    was, succeeded, seen = (rows_of(canonical(each, before).contents) for each in (before, success, now))
    if seen == was:
        return "before"
    return "success" if seen == succeeded else "other"
