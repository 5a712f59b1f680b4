"""What every test of a process shares, and a trial may leave changed."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The working directory ("" where it was removed), the search path, and the environment, at one time."""

    folder: str
    path: tuple[str, ...]
    variables: dict[str, str]

    @classmethod
    def now(cls) -> Surroundings:
        """Those of this process."""
        folder = ""
        with suppress(OSError):
            folder = os.getcwd()
        return cls(folder, tuple(sys.path), dict(os.environ))

    def put_back(self) -> None:
        """Make them so again."""
        now = self.now()
        if self.folder and now.folder != self.folder:
            os.chdir(self.folder)
        if now.path != self.path:
            sys.path[:] = self.path
        for name in now.variables.keys() - self.variables.keys():
            del os.environ[name]
        os.environ.update(
            {name: value for name, value in self.variables.items() if now.variables.get(name) != value}
        )
