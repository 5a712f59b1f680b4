"""Whether the files themselves rule out that a name is bound in some way that the facts do not show."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from dryfit.discover.resolve import Project
from dryfit.discover.text import decode

DYNAMIC = re.compile(
    r"globals|locals|vars|setattr|delattr|exec|eval|modules|import_module|attach|lazy\w*"
    r"|__(dict|class|new|path|setattr|getattr|getattribute|build_class|init_subclass|set_name)__"
)
"""Identifiers of modules that may bind names at run time."""

LOOKS = re.compile(r"(is|has)[a-z_]*|getattr|type|callable|suppress|raises|cast", re.IGNORECASE)
"""Names of functions that are asked what an object is or can."""

EXPECTING = frozenset({"AttributeError", "NameError", "ImportError", "ModuleNotFoundError"})


@dataclass(slots=True)
class Closed:
    """Reads again the few files that a candidate concerns."""

    project: Project
    root: Path
    _texts: dict[str, str] = field(default_factory=dict)
    _trees: dict[str, ast.Module] = field(default_factory=dict)

    def lacks(self, file: str, line: int, base: str, modules: Iterable[str], name: str) -> bool:
        """Whether none of ``modules`` can have ``name``, and the call of ``base.name`` does not expect that."""
        homes = list(modules)
        return (
            not any(self._may_bind(module, name) for module in homes)
            and not self._is_bound_from_outside(set(homes), name)
            and not _is_expected(self._tree(file), line, base)
        )

    def _may_bind(self, module: str, name: str) -> bool:
        facts = self.project.modules[module]
        path = self.root / facts.module.file
        if facts.problems or _lies_beside(path, name):
            return True
        nodes = ast.walk(self._tree(facts.module.file))
        return any(_is_dynamic(node) or _mentions(node, name) for node in nodes)

    def _is_bound_from_outside(self, homes: set[str], name: str) -> bool:
        """Whether a module sets such an attribute, or may set any on the modules that it imports."""
        stored = re.compile(rf"\.{name}\s*(:[^=\n]+)?=(?!=)|setattr\([^\n]*['\"]{name}['\"]")
        for facts in self.project.modules.values():
            text = self._text(facts.module.file)
            if stored.search(text):
                return True
            if "setattr(" in text and any(
                each.target in homes or f"{each.target}.{each.name}" in homes for each in facts.imports
            ):
                return True
        return False

    def _text(self, file: str) -> str:
        if file not in self._texts:
            try:
                self._texts[file] = decode((self.root / file).read_bytes()).text
            except (OSError, SyntaxError, UnicodeDecodeError):
                self._texts[file] = ""  # told as a problem already
        return self._texts[file]

    def _tree(self, file: str) -> ast.Module:
        if file not in self._trees:
            self._trees[file] = ast.parse(self._text(file))
        return self._trees[file]


def _lies_beside(path: Path, name: str) -> bool:
    """A module that is left out of the project, or a compiled one."""
    if path.name != "__init__.py":
        return False
    return (path.parent / name).exists() or next(path.parent.glob(f"{name}.*"), None) is not None


def _is_dynamic(node: ast.AST) -> bool:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
            return bool(DYNAMIC.fullmatch(name))
        case ast.FunctionDef(name=name):
            return bool(DYNAMIC.fullmatch(name))
        case _:
            return False


def _mentions(node: ast.AST, name: str) -> bool:
    """Whether a file binds the name in any scope, or has it as text: ``__slots__``, a table of lazy names."""
    match node:
        case ast.Constant(value=str(text)):
            return text == name
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            return name in names
        case ast.Attribute(attr=attr, ctx=ast.Store()):
            return attr == name
        case _:
            return False


def _is_expected(tree: ast.Module, line: int, base: str) -> bool:
    """Whether the code around looks first, or catches what a missing name raises."""
    around = [node for node in ast.walk(tree) if _spans(node, line)]
    if any(isinstance(node, ast.Try | ast.TryStar) and _catches(node) for node in around):
        return True
    functions = [
        node for node in around if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    ]
    return bool(base) and any(_looks_at(node, base) for function in functions for node in ast.walk(function))


def _spans(node: ast.AST, line: int) -> bool:
    first, last = getattr(node, "lineno", None), getattr(node, "end_lineno", None)
    return first is not None and last is not None and first <= line <= last


def _catches(statement: ast.Try | ast.TryStar) -> bool:
    caught = [node for handler in statement.handlers if handler.type for node in ast.walk(handler.type)]
    names = {node.id if isinstance(node, ast.Name) else getattr(node, "attr", "") for node in caught}
    return bool(names & EXPECTING) or any(handler.type is None for handler in statement.handlers)


def _looks_at(node: ast.AST, base: str) -> bool:
    match node:
        case ast.Call(func=function, args=[first, *_]):
            called = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            return bool(LOOKS.fullmatch(called)) and ast.unparse(first) == base
        case ast.Match(subject=subject):
            return ast.unparse(subject) == base
        case _:
            return False
