"""The pinned programs, and the pins of what their suites install."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foreign_suites.command import ForeignError


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One pinned program of a catalogue."""

    name: str
    version: str
    sha256: str
    kind: str
    module: str
    source: str = "."
    tests: tuple[str, ...] = ("tests",)
    requirements: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    limit: int = 600
    before: str = ""

    @property
    def requirement(self) -> str:
        return f"{self.name}=={self.version}"

    def runs_on(self, python: str) -> bool:
        """Whether the suite runs bare on this version of Python, as far as the catalogue knows."""
        return not self.before or _numbers(python) < _numbers(self.before)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The programs, and the version of every distribution that their suites may install."""

    programs: tuple[Program, ...]
    versions: Mapping[str, str]

    def select(self, names: Sequence[str]) -> tuple[Program, ...]:
        known = {program.name for program in self.programs}
        if unknown := [name for name in names if name not in known]:
            raise ForeignError(
                f"no program {', '.join(unknown)} in the catalogue; it has {', '.join(sorted(known))}"
            )
        return tuple(program for program in self.programs if not names or program.name in names)


def read_catalogue(path: Path, constraints: Path) -> Catalogue:
    """The pinned list, with the project's own pins below it; lists become tuples, so that a program stays a value."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    programs = []
    for entry in document["program"]:
        entry["environment"] = entry.get("environment", {}).items()
        programs.append(Program(**{key: _frozen(value) for key, value in entry.items()}))
    return Catalogue(tuple(programs), read_constraints(constraints) | document["versions"])


def read_constraints(path: Path) -> dict[str, str]:
    """The project's own pins by normalized name."""
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return {normal(name): version for name, _, version in (line.partition("==") for line in lines if line)}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _frozen(value: Any) -> Any:
    return value if isinstance(value, str | int) else tuple(value)
