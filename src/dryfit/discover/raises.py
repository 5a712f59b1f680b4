"""Which exceptions the source of a function raises itself, or in functions of its own module that it calls."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dryfit.discover.text import decode
from dryfit.model.structure import Module, ProjectMap

MOST_STEPS = 4
"""How many calls within its module a function is followed."""

_BUILTIN = frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
)


def raised_by(root: Path, project: ProjectMap) -> Mapping[str, tuple[str, ...]]:
    """Dotted names of exceptions by the dotted name of the callable; builtins stand as ``builtins.ValueError``.

    What a handler raises again, or a library's class, is not among them.
    """
    names = {module.name for component in project.components for module in component.modules}
    found: dict[str, tuple[str, ...]] = {}
    for component in project.components:
        for module in component.modules:
            found |= _of_module(root, module, names)
    return found


@dataclass(slots=True)
class _Function:
    raises: set[str] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)


def _of_module(root: Path, module: Module, modules: set[str]) -> dict[str, tuple[str, ...]]:
    try:
        tree = ast.parse(decode((root / module.file).read_bytes()).text)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return {}
    imported = _imported(tree, module)
    functions = {name: _function(node, owner) for name, owner, node in _functions(tree, "")}
    found = {}
    for name in functions:
        exceptions = {
            dotted
            for raised in _reached(functions, name)
            if (dotted := _dotted(raised, imported, module.name, tree, modules))
        }
        if exceptions:
            found[f"{module.name}.{name}"] = tuple(sorted(exceptions))
    return found


def _functions(
    node: ast.AST, owner: str
) -> Iterator[tuple[str, str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function of a module or class, by qualified name."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{owner}{child.name}.")
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{owner}{child.name}", owner, child
        elif isinstance(child, ast.If | ast.Try | ast.With):
            yield from _functions(child, owner)


def _function(node: ast.AST, owner: str) -> _Function:
    found = _Function()
    for each in ast.walk(node):
        if isinstance(each, ast.Raise) and each.exc is not None:
            found.raises.add(_path(each.exc.func if isinstance(each.exc, ast.Call) else each.exc))
        elif isinstance(each, ast.Call):
            receiver, _, method = _path(each.func).rpartition(".")
            found.calls.add(f"{owner}{method}" if receiver in ("self", "cls") else f"{receiver}{method}")
    found.raises.discard("")
    return found


def _reached(functions: Mapping[str, _Function], name: str) -> set[str]:
    seen: set[str] = set()
    reached = {name}
    for _ in range(MOST_STEPS):
        new = reached - seen
        seen |= new
        reached |= {call for each in new for call in functions[each].calls if call in functions}
    return {raised for each in seen for raised in functions[each].raises}


def _path(node: ast.expr) -> str:
    """The dotted path that an expression writes, "" where it is no path."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        above = _path(node.value)
        return f"{above}.{node.attr}" if above else ""
    return ""


def _imported(tree: ast.Module, module: Module) -> dict[str, str]:
    """What the names that the module imports stand for."""
    found: dict[str, str] = {}
    package = module.name if module.file.endswith("__init__.py") else module.name.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                found[each.asname or each.name.partition(".")[0]] = (
                    each.name if each.asname else each.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            origin = ".".join([*above, *filter(None, [node.module])])
            found |= {each.asname or each.name: f"{origin}.{each.name}" for each in node.names}
    return found


def _dotted(path: str, imported: Mapping[str, str], module: str, tree: ast.Module, modules: set[str]) -> str:
    """The dotted name of a class of the project, or of a builtin one; "" for any other."""
    first, _, rest = path.partition(".")
    if first in imported:
        dotted = f"{imported[first]}.{rest}" if rest else imported[first]
        return dotted if dotted.rpartition(".")[0] in modules else ""
    if any(isinstance(node, ast.ClassDef) and node.name == first for node in tree.body):
        return f"{module}.{path}"
    return f"builtins.{path}" if path in _BUILTIN else ""
