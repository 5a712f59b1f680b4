"""Objects of Django's models, on SQLite: in a process of its own, since Django is configured once a process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).parent / "django_program"


def test_django_models_are_made() -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
        "-c",
        "pytest.ini",
        ".",
    ]
    ran = subprocess.run(command, cwd=PROGRAM, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
