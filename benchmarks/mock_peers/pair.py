"""The flawed programs of tests/flaws/DF203-mock-drift and their mended twins."""

from __future__ import annotations

import ast
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAMS = CHECKOUT / "tests" / "flaws" / "DF203-mock-drift" / "programs"


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a program: a stand-in of a callable, as a component uses it."""

    caller: str
    callable: str
    severity: str
    sub_kind: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A program in which one stand-in lies, and its twin in which none does; `annotated` says whether it is typed."""

    name: str
    flaw: Flaw
    flawed: Path
    mended: Path
    annotated: bool


def lay_out(work: Path) -> list[Pair]:
    """Make whole programs of all pairs in an empty folder, but for those that dryfit finds with an option only."""
    return [
        _lay_out(source, work / source.name)
        for source in sorted(PROGRAMS.iterdir())
        if "options" not in _expected(source)
    ]


def _expected(source: Path) -> dict[str, Any]:
    return tomllib.loads((source / "expected.toml").read_text(encoding="utf-8"))


def _lay_out(source: Path, target: Path) -> Pair:
    expected = _expected(source)
    flaw = Flaw(expected["caller"], expected["callable"], expected["severity"], expected["sub-kind"])
    flawed, mended = target / "flawed", target / "mended"
    shutil.copytree(source / "flawed", flawed)
    shutil.copytree(source / "flawed", mended)
    shutil.copytree(source / "mended", mended, dirs_exist_ok=True)
    return Pair(source.name.replace("-", " "), flaw, flawed, mended, _annotated(flawed))


def _annotated(program: Path) -> bool:
    """Whether every function of the program, tests left aside, declares what it returns."""
    modules = [ast.parse(file.read_text(encoding="utf-8")) for file in program.glob("*.py")]
    functions = [
        node
        for module in modules
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return all(function.returns is not None for function in functions)
