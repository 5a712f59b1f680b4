"""What the front door writes."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dryfit.model.run import Run, RunInfo
from dryfit.model.structure import ProjectMap
from dryfit.model.trace import Observations
from dryfit.run import write_html


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let the system refuse to make any file longer, as it does on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_report_that_cannot_be_written_leaves_the_last_one(tmp_path: Path) -> None:
    run = Run(
        RunInfo("one", "2026-01-31T12:00:00+00:00", 0.0, "3.11.7", "c0ffee", 7),
        ProjectMap("shop"),
        Observations(),
    )
    report = write_html(run, tmp_path)
    page = report.read_text("utf-8")

    with files_of_at_most(4096), pytest.raises(OSError, match="File too large"):
        write_html(run, tmp_path)

    assert report.read_text("utf-8") == page
    assert [path.name for path in report.parent.iterdir()] == ["report.html"]
