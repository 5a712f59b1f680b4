"""What the names in a function's annotations mean."""

from __future__ import annotations

import ast
import re
import sys
import typing
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from types import FunctionType

_Import = tuple[str, str]
"""A module, and the attribute that is imported from it or "" for the module itself."""

_BLOCK = re.compile(
    rb"^([ \t]*)(?:el)?if[\s(]+(?:\w+\.)*TYPE_CHECKING[\s)]*:"
    rb"(.*(?:\n(?:\1[ \t]+[^\s#].*|[ \t]*(?:#.*)?\r?$))*)",
    re.MULTILINE,
)
"""An ``if TYPE_CHECKING``: how far it is indented, and what stands under it."""


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
        bodies = _bodies(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    for statement in chain.from_iterable(bodies):
        yield from _imported(statement, module, file)


def _bodies(source: bytes) -> list[list[ast.stmt]]:
    """What stands under each ``if TYPE_CHECKING``.

    The user's program waits for it, in the midst of a call. A large module takes some hundredths of a second to parse,
    and these few lines next to nothing: it is parsed as a whole only where they cannot be understood by themselves.
    """
    try:
        return [_parsed(b"if 0:" + block[2]) for block in _BLOCK.finditer(source)]
    except (SyntaxError, ValueError):  # say, a bracket that is closed at the margin
        found = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.If)]
        return [node.body for node in sorted(found, key=_line) if _is_type_checking(node.test)]


def _line(node: ast.If) -> int:
    return node.lineno


def _parsed(block: bytes) -> list[ast.stmt]:
    (statement,) = ast.parse(block).body
    assert isinstance(statement, ast.If)
    return statement.body


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
