"""What the names in a function's annotations mean."""

from __future__ import annotations

import ast
import sys
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FunctionType

_Import = tuple[str, str]
"""A module, and the attribute that is imported from it or "" for the module itself."""


class UnresolvableError(Exception):
    """An annotation cannot be read; the text says why."""


class TypingImports:
    """What modules import under ``if TYPE_CHECKING``, found in their source; only modules that are loaded count."""

    def __init__(self) -> None:
        self._modules: dict[str, Mapping[str, _Import]] = {}

    def resolve(self, module: str, file: str, name: str) -> object:
        """Find what a name stands for; raises ``KeyError`` where it is not imported so, or not loaded."""
        if module not in self._modules:
            self._modules[module] = dict(_imports(file, module))
        source, attribute = self._modules[module][name]
        loaded = sys.modules[source]
        return vars(loaded)[attribute] if attribute else loaded


def resolve(function: FunctionType, annotation: object, imports: TypingImports) -> object:
    """Evaluate one annotation of a function; raises ``UnresolvableError``."""

    def holder() -> None: ...

    holder.__annotations__ = {"it": annotation}
    names = dict(_around(function))
    while True:
        try:
            return typing.get_type_hints(holder, function.__globals__, names, include_extras=True)["it"]
        except NameError as error:
            name = error.name or ""
            try:
                names[name] = _imported_for_typing(function, name, names, imports)
            except KeyError:
                raise UnresolvableError(f"the name {name!r} cannot be resolved") from None
        except Exception as error:  # noqa: BLE001 - an annotation is an expression of the user's, and may raise anything
            text = f"the annotation cannot be evaluated ({type(error).__name__})"
            raise UnresolvableError(text) from None


def _imported_for_typing(
    function: FunctionType, name: str, known: Mapping[str, object], imports: TypingImports
) -> object:
    module, file = function.__globals__.get("__name__"), function.__globals__.get("__file__")
    if name in known or type(module) is not str or type(file) is not str:
        raise KeyError(name)
    return imports.resolve(module, file, name)


def _around(function: FunctionType) -> Iterator[tuple[str, object]]:
    """The names around a function: its closure and type parameters."""
    yield from _closure(function)
    for parameter in getattr(function, "__type_params__", ()):
        yield parameter.__name__, parameter


def _closure(function: FunctionType) -> Iterator[tuple[str, object]]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not assigned yet
            continue


def _imports(file: str, module: str) -> Iterator[tuple[str, _Import]]:
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and _is_type_checking(node.test):
            for statement in node.body:
                yield from _imported(statement, module, file)


def _is_type_checking(test: ast.expr) -> bool:
    if isinstance(test, ast.Attribute):
        return test.attr == "TYPE_CHECKING"
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


def _imported(statement: ast.stmt, module: str, file: str) -> Iterator[tuple[str, _Import]]:
    if isinstance(statement, ast.ImportFrom):
        source = _absolute(statement, module, Path(file).name == "__init__.py")
        for alias in statement.names:
            yield alias.asname or alias.name, (source, alias.name)
    elif isinstance(statement, ast.Import):
        for alias in statement.names:
            top = alias.name.partition(".")[0]
            yield alias.asname or top, (alias.name if alias.asname else top, "")


def _absolute(statement: ast.ImportFrom, module: str, is_package: bool) -> str:
    if not statement.level:
        return statement.module or ""
    parts = module.split(".")
    package = parts[: len(parts) - statement.level + is_package]
    return ".".join([*package, *([statement.module] if statement.module else [])])
