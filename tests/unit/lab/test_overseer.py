"""A process whose interpreter is never given back is ended, and says where it stood."""

from __future__ import annotations

import re
import signal
import subprocess
import sys

import pytest

HELD = """
import os, re, signal, sys, threading
from pathlib import Path
from dryfit.lab.overseer import Overseer

def hold():
    with overseer:
        if sys.argv[1] == "1000":
            os.kill(overseer._process.pid, signal.SIGINT)
        re.match(r"(a+)+$", "a" * 60 + "b")

overseer = Overseer(Path.cwd(), *map(float, sys.argv[1:]))
with overseer.of("test_till.py::test_sell"):
    for _ in range(3):
        with overseer:
            pass
    thread = threading.Thread(target=hold)
    thread.start()
    thread.join()
"""


@pytest.mark.parametrize(("limit", "patience"), [("0.5", "1000"), ("1000", "0.5")], ids=["limit", "ctrl-c"])
def test_a_call_that_holds_the_interpreter_ends_its_process_which_says_where(tmp_path, limit, patience):
    (tmp_path / "held.py").write_text(HELD)
    ended = subprocess.run(
        [sys.executable, "held.py", limit, patience],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == -signal.SIGKILL
    first, *where = ended.stderr.strip().splitlines()
    assert first.startswith("dryfit: test_till.py::test_sell: an interleaving does not end")
    assert any(re.fullmatch(r"  held\.py:\d+ in hold", line) for line in where)


def test_it_goes_when_it_is_let_go(tmp_path):
    (tmp_path / "well.py").write_text(HELD.replace('"a" * 60 + "b"', '"a"') + "overseer.close()")
    ended = subprocess.run(
        [sys.executable, "well.py", "20", "5"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stderr) == (0, "")
