"""How a test ended, from the reports of its phases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dryfit.model.trace import TestOutcome

if TYPE_CHECKING:
    import pytest


def phase_outcome(report: pytest.TestReport) -> TestOutcome:
    """How one phase of a test ended."""
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    if report.failed:
        return "failed" if report.when == "call" else "error"
    return "skipped" if report.skipped else "passed"


def outcome(reports: Sequence[pytest.TestReport]) -> tuple[TestOutcome, str]:
    """How a test ended, which is how the last of its phases ended that has something to say; and what that says.

    A test whose teardown fails is in error, however it ended itself.
    """
    ended: TestOutcome = "cut off"
    said = ""
    for report in reports:
        found = phase_outcome(report)
        if found != "passed" or report.when == "call":
            ended, said = found, _said(report)
    return ended, said


def _said(report: pytest.TestReport) -> str:
    text = report.longrepr
    return text[2] if isinstance(text, tuple) else str(text or "")
