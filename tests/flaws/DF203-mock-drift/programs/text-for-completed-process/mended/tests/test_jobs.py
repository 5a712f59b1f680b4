import subprocess
import sys
from unittest.mock import patch

from jobs import Jobs


def test_a_job_is_noted() -> None:
    with patch("subprocess.run", return_value=subprocess.CompletedProcess(["git"], 0)):
        assert Jobs().run("branch", "git", "branch") == 1


def test_a_job_that_waits() -> None:
    with patch("time.sleep") as sleep:
        assert Jobs().run("nothing", sys.executable, "-c", "pass", wait=60) == 1
    sleep.assert_called_once_with(60)


def test_a_program_is_run() -> None:
    assert Jobs().run("nothing", sys.executable, "-c", "pass") == 1
