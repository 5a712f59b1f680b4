import sys
from unittest.mock import patch

from jobs import Jobs


def test_a_job_is_noted() -> None:
    with patch("subprocess.run", return_value="main\n"):
        assert Jobs().run("branch", "git", "branch") == 1


def test_a_program_is_run() -> None:
    assert Jobs().run("nothing", sys.executable, "-c", "pass") == 1
