"""Objects of Django's models, on SQLite: in a process of its own, since Django is configured once a process."""

from __future__ import annotations

import os
from pathlib import Path

from tests import plugins

PROGRAM = Path(__file__).parent / "django_program"


def test_django_models_are_made(run_dryfit) -> None:
    arguments = ["-q", "-p", "no:cacheprovider", "-c", "pytest.ini", "."]
    environment = os.environ | plugins.only()
    ran = run_dryfit(arguments, cwd=PROGRAM, env=environment, timeout=120, module="pytest")
    assert ran.returncode == 0, ran.stdout + ran.stderr
