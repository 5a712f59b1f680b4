"""Imports of modules that are neither in the project nor installed beside dryfit."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from dryfit.discover.facts import ImportFacts, ModuleFacts
from dryfit.discover.resolve import Project
from dryfit.model.seam import Place
from dryfit.model.structure import Problem


def missing_modules(project: Project, root: Path, search_paths: tuple[str, ...]) -> tuple[Problem, ...]:
    """One problem for each missing module, at its first import; optional imports and typing-only ones may miss."""
    folders = [root / path for path in dict.fromkeys((*search_paths, "."))]
    first: dict[str, tuple[ModuleFacts, ImportFacts]] = {}
    for module, each in _firm_imports(project):
        name = _missing_name(each.target, project, folders)
        if name:
            first.setdefault(name, (module, each))
    return tuple(_problem(name, module, each, project) for name, (module, each) in sorted(first.items()))


def _firm_imports(project: Project) -> Iterator[tuple[ModuleFacts, ImportFacts]]:
    for module in project.modules.values():
        for each in module.imports:
            if not each.typing_only and not each.optional:
                yield module, each


def _missing_name(target: str, project: Project, folders: list[Path]) -> str:
    if target in project.modules or target in project.packages:
        return ""
    top = target.partition(".")[0]
    if top in project.tops:
        return "" if any(_lies_in(folder, target) for folder in folders) else target
    if (
        top in sys.stdlib_module_names
        or any(_lies_in(folder, top) for folder in folders)
        or _is_installed(top)
    ):
        return ""
    return top


def _lies_in(folder: Path, dotted: str) -> bool:
    """Whether anything of that name is there: a test helper, a script, a compiled module."""
    path = folder.joinpath(*dotted.split("."))
    return path.is_dir() or next(path.parent.glob(f"{path.name}.*"), None) is not None


@cache
def _is_installed(top: str) -> bool:
    """Looks for a top-level module without importing it (only a dotted name would import its parent)."""
    try:
        return importlib.util.find_spec(top) is not None
    except (ImportError, ValueError):
        return top in sys.modules


def _problem(name: str, module: ModuleFacts, each: ImportFacts, project: Project) -> Problem:
    place = Place(module.module.file, each.line)
    if name.partition(".")[0] in project.tops:
        return Problem(
            place, f"imports `{name}`, which is not in the project: correct the name, or add the module"
        )
    hint = "correct the name, or install dryfit into the project's own environment"
    return Problem(place, f"imports `{name}`, which is neither in the project nor installed: {hint}")
