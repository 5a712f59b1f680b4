"""Finds what a kind of resource needs on this machine: a server's program, a Python library."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dryfit.model.errors import ResourceError

SERVER_FOLDERS = (
    "/usr/local/sbin",
    "/usr/sbin",
    "/sbin",
    "/opt/homebrew/sbin",
    "/opt/homebrew/bin",
    "/usr/local/bin",
)
"""Where distributions put servers, and an ordinary user's PATH does not lead."""


def find_program(kind: str, names: tuple[str, ...], install: str) -> str:
    """The path of the first of ``names`` that is here: from a wheel, the PATH or where servers are put.

    Raises ``ResourceError`` that tells ``install`` ("apt-get install redis-server") where none is.
    """
    folders = (
        sysconfig.get_path("scripts"),
        str(Path(sys.executable).parent),
        os.environ.get("PATH", os.defpath),
    )
    path = os.pathsep.join((*folders, *SERVER_FOLDERS))
    for name in names:
        if found := shutil.which(name, path=path):
            return found
    wanted = " or ".join(names)
    raise ResourceError(f"{kind}: no program {wanted} on this machine; {install}", slug="resources")


@contextmanager
def needs_library(kind: str, extra: str) -> Iterator[None]:
    """Turns a failing import into a ``ResourceError`` that names the extra which brings the library."""
    try:
        yield
    except ImportError as error:
        raise ResourceError(
            f'{kind}: the library {error.name} is not installed; pip install "dryfit[{extra}]"',
            slug="resources",
        ) from error
