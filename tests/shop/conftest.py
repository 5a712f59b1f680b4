"""The example shop in a copy of its own, and the processes that are run on it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests import plugins

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PYTEST_VARIABLES = ("PYTEST_", "COV_", "DRYFIT_")
CONFIGURED_SERVICES = ("DATABASE_URL", "GATEWAY_URL", "SMTP_URL")


@dataclass(frozen=True)
class Ended:
    """How a process ended, and all that it said."""

    status: int
    said: str


@dataclass(frozen=True)
class Copy:
    """A copy of the shop."""

    root: Path

    def run(self, *command: str, **environment: str) -> Ended:
        """Run a command in the copy's folder, as if no test ran around it and no service were configured."""
        left_out = (*PYTEST_VARIABLES, *CONFIGURED_SERVICES)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
        done = subprocess.run(
            command,
            cwd=self.root,
            env=inherited | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        return Ended(done.returncode, done.stdout)

    def apply(self, patch: Path) -> None:
        """Put a mistake in."""
        applied = self.run("git", "apply", "--whitespace=nowarn", str(patch))
        assert applied.status == 0, applied.said

    def check(self, *tests: str, only: str = "data,interfaces") -> tuple[Ended, dict[str, Any]]:
        """Run ``dryfit check`` on the whole suite or on some of its tests; returns its JSON document too."""
        checked = self.run(
            *(sys.executable, "-m", "dryfit", "check", "--only", only, "--json", "findings.json", *tests),
            **plugins.only("pytest_asyncio.plugin"),
        )
        document = self.root / "findings.json"
        assert document.exists(), checked.said
        return checked, json.loads(document.read_text(encoding="utf-8"))


@pytest.fixture
def shop(tmp_path: Path) -> Copy:
    """The shop as it stands in the checkout."""
    return copy_to(tmp_path)


@pytest.fixture(scope="module")
def copied_shop(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """The same for all tests of a module."""
    return copy_to(tmp_path_factory.mktemp("copied"))


def copy_to(folder: Path) -> Copy:
    """Copy the shop."""
    root = folder / "examples" / "shop"
    shutil.copytree(EXAMPLES / "shop", root, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    return Copy(root)
