"""Work in forked processes, for pure functions over plain data."""

from __future__ import annotations

import multiprocessing
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")


def in_forked_workers(work: Callable[[Given], Made], items: Sequence[Given], workers: int) -> Iterator[Made]:
    """``work`` of each item in order. ``work`` is pickled to the workers, and takes no locks."""
    context = multiprocessing.get_context("fork")
    with warnings.catch_warnings(), ProcessPoolExecutor(workers, context) as pool:
        # Forking beside threads is dangerous for their locks; the work here takes none.
        warnings.filterwarnings("ignore", ".*fork.*", DeprecationWarning)
        yield from pool.map(work, items)
