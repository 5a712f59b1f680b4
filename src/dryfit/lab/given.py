"""The values that statements are given, on their way through a controller that knows of one text for each step."""

from __future__ import annotations

import re
from dataclasses import replace

from dryfit.model.interleaving import Interleaving, Step

_MARK = "\x1f"
_GIVEN = re.compile(f"{_MARK}([^{_MARK}]*){_MARK}")


def attached(what: str, given: str) -> str:
    """A statement's text with the values that it is given."""
    return f"{what}{_MARK}{given.replace(_MARK, '')}{_MARK}" if given else what


def detached(interleaving: Interleaving) -> Interleaving:
    """The same with the values where they belong, and nowhere else."""
    steps = tuple(_detached(step) if _MARK in step.what else step for step in interleaving.steps)
    return replace(interleaving, steps=steps, said=_GIVEN.sub("", interleaving.said))


def _detached(step: Step) -> Step:
    found = _GIVEN.search(step.what)
    return replace(step, what=_GIVEN.sub("", step.what), given=found[1] if found else "")
