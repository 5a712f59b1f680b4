"""Commands that the benchmark runs, and the one error that ends it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


class ForeignError(Exception):
    """The harness cannot go on with a program: says what happened, where, and what to do."""


def pip(*arguments: str) -> str:
    return run([sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments])


def run(command: Sequence[str], cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ForeignError(
            f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr.strip()[-2000:]}"
        )
    return done.stdout
