"""Python processes that dryfit starts: each imports this very dryfit, and what this process would find."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import dryfit

_BEGIN = """
import runpy, sys
_, place, module, *sys.argv[1:] = sys.argv
sys.path.insert(0, place)
import dryfit
sys.path.remove(place)
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""


def command(module: str, *words: str) -> tuple[str, ...]:
    """What runs a module of dryfit's, wherever it is started, and whatever else is called dryfit there."""
    # -P: what lies in the working directory must not be found in place of a library.
    return (sys.executable, "-P", "-c", _BEGIN, str(Path(dryfit.__file__).parents[1]), module, *words)


def search_path() -> dict[str, str]:
    """The variable PYTHONPATH as this process has it, good in every working directory; nothing where it has none."""
    given = os.environ.get("PYTHONPATH", "")
    parts = [os.path.abspath(part) for part in given.split(os.pathsep) if part]
    return {"PYTHONPATH": os.pathsep.join(parts)} if parts else {}
