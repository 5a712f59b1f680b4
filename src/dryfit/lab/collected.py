"""Leaves a collected test as pytest collected it: a run leaves traces in it, since pytest runs each only once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


@contextmanager
def as_collected(item: pytest.Item) -> Iterator[None]:
    """Take out of ``item`` what a run puts into it, or what would keep the next one from being like the first."""
    growing: tuple[list[Any], ...] = (item._report_sections, item.user_properties, item.own_markers)
    lengths = [len(each) for each in growing]
    example: Any = getattr(item, "dtest", None)
    names = dict(example.globs) if example is not None else {}
    numbers = _numbers(item.config)
    counted = dict(numbers)
    try:
        yield
    finally:
        for each, length in zip(growing, lengths, strict=True):
            del each[length:]
        if example is not None:
            example.globs = names  # doctest clears them
        numbers.clear()
        numbers.update(counted)
        if isinstance(item.parent, pytest.Class):
            for made in ("_instance", "_obj"):  # both are made again when they are asked for
                vars(item).pop(made, None)


def _numbers(config: pytest.Config) -> dict[str, int]:
    """The next number of each name of a temporary directory, which newer versions of pytest keep."""
    found = getattr(getattr(config, "_tmp_path_factory", None), "_next_number", None)
    return found if isinstance(found, dict) else {}
