"""How components use each other's classes other than by calling what they offer."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from griffe import Class, Function, GriffeError, Module

from dryfit.discover.offers import Source
from dryfit.model.seam import Place
from dryfit.model.structure import CallSite, PassedArgument
from dryfit.model.surface import Reference, Role

_CHECKS = ("isinstance", "issubclass")


@dataclass(slots=True)
class Uses:
    """What one module was seen to use; ``names`` and ``reads`` are as in ``Surface``."""

    references: list[Reference] = field(default_factory=list)
    calls: list[CallSite] = field(default_factory=list)
    names: set[tuple[str, str, str]] = field(default_factory=set)
    reads: set[tuple[str, str, str]] = field(default_factory=set)


def uses(
    text: bytes,
    module: Module,
    file: str,
    source: Source,
    component_of: Mapping[str, str],
    properties: Mapping[str, str],
) -> Uses:
    """Read one module again for its references; ``properties`` are the project's, by a last part that only one has."""
    finder = _Finder(module, file, source, component_of, properties)
    finder.visit(ast.parse(text))
    return finder.found


class _Finder(ast.NodeVisitor):
    def __init__(
        self,
        module: Module,
        file: str,
        source: Source,
        component_of: Mapping[str, str],
        properties: Mapping[str, str],
    ) -> None:
        self.found = Uses()
        self._module = module
        self._file = file
        self._source = source
        self._component_of = component_of
        self._component = component_of[module.path]
        self._properties = properties
        self._imports: dict[str, str] = {}
        self._function = "<module>"
        self._inside_class = False

    def visit_Module(self, node: ast.Module) -> None:
        for each in ast.walk(node):
            if isinstance(each, ast.Import):
                self._imports |= {alias.asname: alias.name for alias in each.names if alias.asname}
            elif isinstance(each, ast.ImportFrom):
                home = self._home(each)
                self._imports |= {alias.asname or alias.name: f"{home}.{alias.name}" for alias in each.names}
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for base in node.bases:
            self._refer(base, "base")
        self._within(node, inside_class=True)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._within(node, inside_class=False)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._within(node, inside_class=False)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self._refer(node.type, "caught")
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        self._call(node.value, "discarded")

    def visit_Call(self, node: ast.Call) -> None:
        self._call(node, "used")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.found.reads.add((self._file, self._function, node.attr))
        name = self._properties.get(node.attr, "")
        home = name
        while home and home not in self._component_of:
            home = home.rpartition(".")[0]
        if name and isinstance(node.ctx, ast.Load) and self._component_of.get(home) != self._component:
            self.found.references.append(Reference(self._component, name, self._place(node), "read"))
        self.generic_visit(node)

    def _call(self, node: ast.expr, result: Literal["used", "discarded"]) -> None:
        if not isinstance(node, ast.Call):
            self.visit(node)
            return
        tail = ast.unparse(node.func).rpartition(".")[2]
        self.found.names.add((self._file, self._function, tail))
        if tail in _CHECKS and len(node.args) == 2:
            self._refer(node.args[1], "checked")
        self._construct(node, result)
        # A called attribute is no read of a property: only what stands before it is looked at.
        self.visit(node.func.value if isinstance(node.func, ast.Attribute) else node.func)
        for argument in (*node.args, *node.keywords):
            self.visit(argument)

    def _construct(self, node: ast.Call, result: Literal["used", "discarded"]) -> None:
        """A call of a class whose constructor no function in the source stands for."""
        found = self._class(node.func)
        component = self._component_of.get(found.module.path) if found else None
        if found is None or not component or component == self._component:
            return
        made = self._source.look(f"{found.path}.__init__")
        if isinstance(made, Function) and made.lineno:
            return  # discover has the call
        arguments = [PassedArgument(at, "", ast.unparse(each)) for at, each in enumerate(node.args)]
        named = [each for each in node.keywords if each.arg]
        arguments += [
            PassedArgument(at, each.arg or "", ast.unparse(each.value))
            for at, each in enumerate(named, len(node.args))
        ]
        starred = len(named) < len(node.keywords) or any(isinstance(each, ast.Starred) for each in node.args)
        name = f"{found.path}.__init__" if made is not None else found.path
        self.found.calls.append(
            CallSite(self._component, component, name, self._place(node), tuple(arguments), starred, result)
        )

    def _refer(self, node: ast.expr | None, role: Role) -> None:
        for each in node.elts if isinstance(node, ast.Tuple) else [node]:
            if each is not None and (name := self._dotted(each)):
                found = self._class(each)
                self.found.references.append(
                    Reference(self._component, found.path if found else name, self._place(each), role)
                )

    def _class(self, node: ast.expr) -> Class | None:
        found = self._source.look(self._dotted(node))
        return found if isinstance(found, Class) else None

    def _dotted(self, node: ast.expr) -> str:
        if not isinstance(node, ast.Name | ast.Attribute):
            return ""
        first, dot, rest = ast.unparse(node).partition(".")
        if not first.isidentifier():
            return ""
        try:
            home = self._imports.get(first) or self._module.resolve(first)
        except (GriffeError, KeyError):
            home = first
        return f"{home}{dot}{rest}"

    def _home(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self._module.path.split(".")
        above = parts[: len(parts) - node.level + (1 if self._module.is_init_module else 0)]
        return ".".join([*above, *filter(None, [node.module])])

    def _place(self, node: ast.AST) -> Place:
        return Place(self._file, getattr(node, "lineno", 0), self._function)

    def _within(
        self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, *, inside_class: bool
    ) -> None:
        for decorator in node.decorator_list:
            self.visit(decorator)
        outer = self._function, self._inside_class
        link = "." if self._inside_class else ".<locals>."
        self._function = node.name if outer[0] == "<module>" else f"{outer[0]}{link}{node.name}"
        self._inside_class = inside_class
        for each in node.body:
            self.visit(each)
        self._function, self._inside_class = outer
