"""The tools that are compared: each runs on a program and says what it has to complain of."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from xml.etree import ElementTree

from mock_peers.pair import Flaw

PLUGINS = Path(__file__).resolve().parents[1]
# Only what is compared is loaded: other plugins might watch mocks as well.
BARE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
SECONDS = 120


class BenchmarkError(Exception):
    """A tool could not do its work: says which, where, and what it printed."""


class Tool(Protocol):
    """Something that may notice that a stand-in lies."""

    name: str
    exact: bool
    """Whether it is held to name the flaw itself; of the others any complaint will do."""

    def complaints(self, program: Path) -> frozenset[str]:
        """What it has to say against a program, without what differs from run to run."""
        ...


@dataclass(frozen=True, slots=True)
class Dryfit:
    """``dryfit check``; a complaint is a finding, and one of mock drift is written as a flaw."""

    name: str = "dryfit"
    exact: bool = True

    def complaints(self, program: Path) -> frozenset[str]:
        return frozenset(_flaw(finding) or finding["message"] for finding in self._findings(program))

    def _findings(self, program: Path) -> list[dict[str, Any]]:
        command = ["-m", "dryfit", "check", "--only", "interfaces", "--json", "dryfit.json"]
        said = _run(program, command, {"PYTEST_PLUGINS": "dryfit.pytest_plugin"})
        report = program / "dryfit.json"
        if not report.exists():
            raise BenchmarkError(f"dryfit gave no report on {program}:\n{said}")
        document = json.loads(report.read_text(encoding="utf-8"))
        if document["tests"]["failed"] or not document["tests"]["passed"]:
            raise BenchmarkError(f"the tests of {program} are not green:\n{said}")
        return list(document["findings"])


@dataclass(frozen=True, slots=True)
class Pytest:
    """pytest with a plugin of which tests fail; a complaint is a failed test with its message."""

    name: str
    options: tuple[str, ...]
    exact: bool = False

    def complaints(self, program: Path) -> frozenset[str]:
        report = program / f"{self.name}.xml"
        command = ["-m", "pytest", "-p", "no:cacheprovider", f"--junitxml={report}", *self.options]
        said = _run(program, command, {"PYTHONPATH": _path(PLUGINS)})
        if not report.exists():
            raise BenchmarkError(f"pytest with {self.name} wrote no report on {program}:\n{said}")
        return frozenset(
            _without_numbers(f"{case.get('name')}: {problem.get('message')}")
            for case in ElementTree.parse(report).iter("testcase")
            for problem in (*case.iter("failure"), *case.iter("error"))
        )


@dataclass(frozen=True, slots=True)
class Mypy:
    """``mypy --strict`` on program and tests; a complaint is an error without its line."""

    cache: Path
    name: str = "mypy"
    exact: bool = False

    def complaints(self, program: Path) -> frozenset[str]:
        # That annotations are missing is the same on a flawed program and on a mended one, and says nothing of mocks.
        missing = ("no-untyped-def", "no-untyped-call", "var-annotated")
        options = [f"--disable-error-code={code}" for code in missing]
        command = ["-m", "mypy", "--strict", "--no-error-summary", f"--cache-dir={self.cache}", *options, "."]
        said = _run(program, command, {"MYPYPATH": str(program)})
        lines = [line for line in said.splitlines() if ": note: " not in line]
        if any(": error: " not in line for line in lines):
            raise BenchmarkError(f"mypy failed on {program}:\n{said}")
        return frozenset(re.sub(r":\d+:", ":", line, count=1) for line in lines)


def tools(cache: Path) -> Sequence[Tool]:
    """All of them, in the order of the table."""
    return (
        Dryfit(),
        Pytest("forced autospec", ("-p", "mock_peers.forced_autospec")),
        Mypy(cache),
        Pytest("pytest-mockrot", ("-p", "mockrot.plugin", "--mockrot=strict")),
    )


def _flaw(finding: dict[str, Any]) -> str | None:
    """A finding of mock drift in the words of the flaw that is to be found."""
    match finding:
        case {
            "rule": "DF203",
            "severity": str(severity),
            "seam": {"caller": str(caller), "callable": str(callee)},
            "evidence": {"sub-kind": [str(sub_kind)]},
        }:
            return str(Flaw(caller, callee, severity, sub_kind))
    return None


def _run(program: Path, command: Sequence[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=program,
        env=os.environ | BARE | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return done.stdout


def _path(first: Path) -> str:
    return os.pathsep.join(filter(None, (str(first), os.environ.get("PYTHONPATH"))))


def _without_numbers(message: str) -> str:
    """The message without addresses and ids, which differ from run to run."""
    return re.sub(r"0x[0-9a-f]+|\d+", "…", message)
