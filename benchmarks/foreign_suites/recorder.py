"""A pytest plugin that writes what a suite did as JSON lines, for benchmarks/foreign.py.

Copied to a folder of its own and loaded with ``-p foreign_recorder``; the environment variable FOREIGN_RECORD names
the file. Lines: {"test", "phase", "outcome", "detail", "text"} for a report, {"warning", "text", "file", "line"} for a
warning, {"module", "file", "woven"} for where the program came from and how much of it is woven, {"status"} at the end.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import warnings
from pathlib import Path
from types import FunctionType
from typing import IO

import pytest


class Recorder:
    """Writes one line a report, a warning and an end, each flushed so that a killed run keeps its lines."""

    def __init__(self, stream: IO[str], module: str) -> None:
        self._stream = stream
        self._module = module
        self._process = os.getpid()

    def _write(self, **line: object) -> None:
        if os.getpid() == self._process:  # a test may fork; the child's reports are not the suite's
            self._stream.write(json.dumps(line) + "\n")
            self._stream.flush()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if not report.passed:
            self._write(
                test=report.nodeid,
                phase="collect",
                outcome=report.outcome,
                detail=_reason(report),
                text=report.longreprtext,
            )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        outcome: str = report.outcome
        if hasattr(report, "wasxfail"):
            outcome = "xfailed" if report.skipped else "xpassed"
        text = report.longreprtext if report.failed else ""
        self._write(test=report.nodeid, phase=report.when, outcome=outcome, detail=_reason(report), text=text)

    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        self._write(
            warning=warning_message.category.__qualname__,
            text=str(warning_message.message),
            file=warning_message.filename,
            line=warning_message.lineno,
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        module = sys.modules.get(self._module)
        self._write(module=self._module, file=getattr(module, "__file__", None), woven=_count_woven())
        self._write(status=int(exitstatus))


def _count_woven() -> int:
    """How many functions carry dryfit's code at this moment."""
    functions = (each for each in gc.get_objects() if type(each) is FunctionType)
    return sum(function.__code__.co_filename.startswith("<dryfit") for function in functions)


def _reason(report: pytest.CollectReport | pytest.TestReport) -> str:
    """Why a test was skipped, or was expected to fail; nothing for a failure, whose text may vary."""
    if hasattr(report, "wasxfail"):
        return str(report.wasxfail)
    if report.skipped and isinstance(report.longrepr, tuple):
        return str(report.longrepr[2])
    return ""


def pytest_configure(config: pytest.Config) -> None:
    target = os.environ.get("FOREIGN_RECORD")
    if target:
        stream = Path(target).open("w", encoding="utf-8")  # noqa: SIM115 - the session closes it
        config.add_cleanup(stream.close)
        config.pluginmanager.register(Recorder(stream, os.environ["FOREIGN_MODULE"]), "foreign-recorder")
        del os.environ["FOREIGN_RECORD"]  # a pytest that a test starts is no part of the suite
