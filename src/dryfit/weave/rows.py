"""Callables of libraries in whose place a method of dryfit's own stands: one row a callable."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import cast

from dryfit.model.crossing import Callee
from dryfit.weave.trampoline import Parameters
from dryfit.weave.weaver import Cross, Weaver


@dataclass(frozen=True, slots=True)
class Row:
    """One callable of a library; ``cross`` names the method that stands in its place."""

    module: str
    callable: str
    cross: str


def weave_rows(
    weaver: Weaver, rows: Iterable[Row], module: ModuleType, component: str, owner: object
) -> None:
    """Put the methods of ``owner`` in the place of the callables that ``module`` has."""
    for row in rows:
        function = function_at(module, row.callable) if row.module == module.__name__ else None
        if function is not None:
            names = Parameters.of(function.__code__).names
            callee = Callee(component, f"{row.module}.{row.callable}", names, "library")
            weaver.weave(function, callee, cross=cast(Cross, getattr(owner, row.cross)))


def function_at(module: ModuleType, path: str) -> FunctionType | None:
    """The Python function at a dotted path, or the one that a property asks; ``None`` where there is none."""
    found: object = module
    for part in path.split("."):
        found = vars(found).get(part)
        if found is None:
            return None  # another version of the library, which has no such callable
    if isinstance(found, property):
        found = found.fget
    return found if isinstance(found, FunctionType) else None
