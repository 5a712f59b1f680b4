"""How far the trials are, for people who wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from dryfit.lab.result import Progress

EVERY_SECONDS = 10.0
"""How often a line is written where the output is no terminal."""


@contextmanager
def shown() -> Iterator[Callable[[Progress], None]]:
    """Show it as long as the block lasts, on standard error: a bar in a terminal, else a line now and then."""
    console = Console(stderr=True)
    if console.is_terminal:
        columns = (
            "trials",
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}"),
        )
        with Bar(*columns, console=console, transient=True) as bar:
            task = bar.add_task("", total=None)
            yield lambda progress: bar.update(
                task, completed=progress.done, total=progress.planned, description=progress.test
            )
    else:
        yield _Lines(console).tell


class _Lines:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._told = time.monotonic()

    def tell(self, progress: Progress) -> None:
        if time.monotonic() - self._told >= EVERY_SECONDS:
            self._told = time.monotonic()
            self._console.print(
                f"dryfit: {progress.done} of {progress.planned} trials so far",
                highlight=False,
                soft_wrap=True,
            )
