"""One pass over a module's syntax tree: fills the scopes, and keeps the calls for when every name is bound."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dryfit.discover.bodies import Body, Function, OpenClass, OpenFunction, OpenImport
from dryfit.discover.expressions import Alias, Collection, Defined, Instance, Ref, Unknown
from dryfit.discover.facts import FunctionKind, ImportFacts
from dryfit.discover.reuse import Path, variable
from dryfit.discover.scopes import Binding, Names, Scope
from dryfit.discover.tree import children

PROPERTIES = frozenset({"property", "functools.cached_property", "abc.abstractproperty"})
IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


@dataclass(slots=True, eq=False)
class Walk:
    """The state of the pass, and after ``run`` its result."""

    names: Names
    top: Scope = field(init=False)
    bodies: list[Body] = field(default_factory=list)
    functions: list[OpenFunction] = field(default_factory=list)
    classes: list[OpenClass] = field(default_factory=list)
    imports: list[OpenImport] = field(default_factory=list)
    stars: list[str] = field(default_factory=list)
    too_high: list[int] = field(default_factory=list)  # lines of relative imports that climb above the top
    _typing_only: bool = False
    _optional: bool = False

    def run(self, tree: ast.Module) -> Walk:
        """Walk over the whole module."""
        self.top = Scope(self.names)
        body = Body(self.top, "<module>")
        self.bodies.append(body)
        self._block(body, tree.body, None)
        self.top.starred = bool(self.stars)
        return self

    def forget(self) -> None:
        """Cut the circles between scopes and what they wait for, so that the tree goes without a collection."""
        for scope in (*(body.scope for body in self.bodies), *(opened.attributes for opened in self.classes)):
            scope.bindings.clear()
            scope.declared.clear()
        for body in self.bodies:
            body.calls.clear()
        for opened in self.classes:
            opened.methods.clear()

    def _block(self, body: Body, statements: Sequence[ast.stmt], above: Path | None) -> None:
        for index, statement in enumerate(statements):
            handler = _HANDLERS.get(type(statement), Walk._any)
            handler(self, body, statement, Path(above, statements, index))

    def _any(self, body: Body, statement: ast.stmt, path: Path) -> None:
        """A statement that binds nothing: its expressions, then its blocks."""
        for child in children(statement):
            if not isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
                self._expressions(body, child, path)
        self._blocks(body, statement, path)

    def _blocks(self, body: Body, statement: ast.stmt, path: Path) -> None:
        for name in ("body", "orelse", "finalbody"):
            if block := getattr(statement, name, None):
                self._block(body, block, path)

    def _expressions(self, body: Body, root: ast.AST, path: Path | None) -> None:
        """Note every call, read, await, yield and binding below ``root``; calls in the order of the source."""
        stack = [root]
        while stack:
            node = stack.pop()
            kind = type(node)
            if kind is ast.Name:
                body.own_names[node.id] = body.own_names.get(node.id, 0) + 1  # type: ignore[attr-defined]
            if kind is ast.Name or kind is ast.Attribute:
                if key := variable(node):  # type: ignore[arg-type]
                    body.reads[key] = body.reads.get(key, 0) + 1
            elif isinstance(node, ast.Call):
                body.calls.append((node, path))
            elif kind in _NOTED:
                self._note(body, node)
            if kind is not ast.Name and kind is not ast.Constant and kind is not ast.Lambda:
                stack.extend(reversed(children(node)))

    def _note(self, body: Body, node: ast.AST) -> None:
        match node:
            case ast.Await():
                body.awaited.add(node.value)
            case ast.Yield() | ast.YieldFrom():
                body.yields = True
            case ast.NamedExpr():
                self._assign(body, node.target, node.value)
            case ast.comprehension():
                self._bind(body, node.target, lambda: body.scope.iterated(node.iter))
            case ast.Lambda():
                for argument in _arguments(node.args):
                    body.scope.bind(argument.arg, lambda: Unknown("a lambda's parameter"))
                self._expressions(body, node.body, None)  # it runs later: nothing follows its calls here
            case _:
                pass

    def _bind(self, body: Body, target: ast.expr, binding: Binding) -> None:
        match target:
            case ast.Name(id=name):
                (self.top if name in body.elsewhere else body.scope).bind(name, binding)
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if body.own and name == body.receiver:
                body.own.attributes.bind(attr, binding)
            case ast.Tuple() | ast.List():
                for element in target.elts:
                    self._bind(body, element, lambda: Unknown("it is unpacked from another value"))
            case ast.Starred():
                self._bind(body, target.value, lambda: Unknown("it is unpacked from another value"))
            case _:
                pass

    def _assign(self, body: Body, target: ast.expr, value: ast.expr) -> None:
        if (
            isinstance(target, ast.Tuple)
            and isinstance(value, ast.Tuple)
            and len(target.elts) == len(value.elts)
        ):
            for inner, part in zip(target.elts, value.elts, strict=True):
                self._assign(body, inner, part)
        else:
            self._bind(body, target, lambda: body.scope.express(value))

    def _assignment(self, body: Body, statement: ast.Assign, path: Path) -> None:
        self._expressions(body, statement.value, path)
        for target in statement.targets:
            self._assign(body, target, statement.value)
            if not isinstance(target, ast.Name):
                self._expressions(body, target, path)

    def _annotated_assignment(self, body: Body, statement: ast.AnnAssign, path: Path) -> None:
        if statement.value is not None:
            self._expressions(body, statement.value, path)
        self._annotation(body, statement.annotation)
        target, scope = statement.target, body.scope
        match target:
            case ast.Name(id=name):
                scope.declare(name, lambda: scope.annotated(statement.annotation))
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if body.own and name == body.receiver:
                body.own.attributes.declare(attr, lambda: scope.annotated(statement.annotation))
            case _:
                self._expressions(body, target, path)

    def _augmented(self, body: Body, statement: ast.AugAssign, path: Path) -> None:
        self._expressions(body, statement, path)
        self._bind(body, statement.target, lambda: Unknown("the result of an operator"))

    def _expression_statement(self, body: Body, statement: ast.Expr, path: Path) -> None:
        body.discarded.add(statement.value)
        self._expressions(body, statement.value, path)

    def _return(self, body: Body, statement: ast.Return, path: Path) -> None:
        if statement.value is not None:
            body.returned.append(statement.value)
            self._expressions(body, statement.value, path)

    def _for(self, body: Body, statement: ast.For | ast.AsyncFor, path: Path) -> None:
        self._expressions(body, statement.iter, path)
        self._bind(body, statement.target, lambda: body.scope.iterated(statement.iter))
        self._blocks(body, statement, path)

    def _with(self, body: Body, statement: ast.With | ast.AsyncWith, path: Path) -> None:
        for item in statement.items:
            self._expressions(body, item.context_expr, path)
            if item.optional_vars is not None:
                self._bind(body, item.optional_vars, _entering(body.scope, item.context_expr))
        suppresses = any(_suppresses(item.context_expr) for item in statement.items)
        self._inside(body, statement.body, path, optional=suppresses)

    def _try(self, body: Body, statement: ast.Try, path: Path) -> None:
        catches = any(_catches_import_errors(handler) for handler in statement.handlers)
        self._inside(body, statement.body, path, optional=catches)
        for handler in statement.handlers:
            if handler.type is not None:
                self._expressions(body, handler.type, path)
            if handler.name:
                body.scope.bind(handler.name, lambda: Unknown("an exception that was caught"))
            self._inside(body, handler.body, path, optional=catches)
        self._block(body, statement.orelse, path)
        self._block(body, statement.finalbody, path)

    def _if(self, body: Body, statement: ast.If, path: Path) -> None:
        self._expressions(body, statement.test, path)
        self._inside(body, statement.body, path, _is_type_checking(statement.test), optional=True)
        self._inside(body, statement.orelse, path, optional=True)  # sys.version_info, a platform, an extra

    def _inside(
        self,
        body: Body,
        block: Sequence[ast.stmt],
        path: Path,
        typing_only: bool = False,
        optional: bool = False,
    ) -> None:
        before = self._typing_only, self._optional
        self._typing_only, self._optional = before[0] or typing_only, before[1] or optional
        self._block(body, block, path)
        self._typing_only, self._optional = before

    def _match(self, body: Body, statement: ast.Match, path: Path) -> None:
        self._expressions(body, statement.subject, path)
        for case in statement.cases:
            for node in ast.walk(case.pattern):
                name = getattr(node, "name", None) or getattr(node, "rest", None)
                if isinstance(name, str):
                    body.scope.bind(name, lambda: Unknown("it is bound by a pattern"))
            if case.guard is not None:
                self._expressions(body, case.guard, path)
            self._block(body, case.body, path)

    def _type_alias(self, body: Body, statement: ast.stmt, path: Path) -> None:
        if sys.version_info >= (3, 12) and isinstance(statement, ast.TypeAlias):
            value = statement.value
            self._bind(body, statement.name, lambda: Alias(body.scope.annotated(value)))

    def _elsewhere(self, body: Body, statement: ast.Global | ast.Nonlocal, path: Path) -> None:
        if isinstance(statement, ast.Global):
            body.elsewhere.update(statement.names)

    def _import(self, body: Body, statement: ast.Import, path: Path) -> None:
        for alias in statement.names:
            bound = alias.asname or alias.name.partition(".")[0]
            body.scope.bind(bound, _always(Ref(alias.name if alias.asname else bound)))
            self._imported(body, alias.name, "", bound, statement.lineno)

    def _import_from(self, body: Body, statement: ast.ImportFrom, path: Path) -> None:
        target = self.names.absolute(statement.module, statement.level)
        if not target:
            self.too_high.append(statement.lineno)
        for alias in statement.names:
            if alias.name == "*":
                self.stars.append(target)
            else:
                value = (
                    Ref(f"{target}.{alias.name}") if target else Unknown("it is imported from above the top")
                )
                body.scope.bind(alias.asname or alias.name, _always(value))
            if target:
                name = "" if alias.name == "*" else alias.name
                self._imported(body, target, name, (alias.asname or name), statement.lineno)

    def _imported(self, body: Body, target: str, name: str, bound: str, line: int) -> None:
        lazy = body.function != "<module>" and not self.names.is_project(target)
        facts = ImportFacts(target, name, line, self._typing_only, self._optional or lazy)
        self.imports.append(OpenImport(facts, bound, self.top if bound in body.elsewhere else body.scope))

    def uses(self, opened: OpenImport) -> int:
        """How often the module reads the name that an import binds, where no other scope hides it."""
        name = opened.bound
        return sum(
            body.own_names.get(name, 0) for body in self.bodies if _binder(body.scope, name) is opened.scope
        )

    def _annotation(self, body: Body, node: ast.expr | None) -> None:
        """Note the names of an annotation, which is no call, but is looked up all the same."""
        for each in ast.walk(node) if node else ():
            if isinstance(each, ast.Name):
                body.own_names[each.id] = body.own_names.get(each.id, 0) + 1

    def _function(self, body: Body, node: Function, path: Path) -> None:
        for each in (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)):
            self._expressions(body, each, path)
        for annotation in (*(each.annotation for each in _arguments(node.args)), node.returns):
            self._annotation(body, annotation)
        own = body.own if body.own and body.scope is body.own.scope else None
        kind = _kind(body.scope, node) if own else "function"
        name = body.qualified(node.name)
        scope = Scope(self.names, body.scope.parent if own else body.scope, own.name if own else "")
        inner = Body(scope, name, own or body.own, "" if own else body.receiver)
        opened = OpenFunction(node, f"{self.names.module}.{name}", kind, inner, body.scope)
        self._parameters(opened, own)
        (own.methods if own else self.functions).append(opened)
        body.scope.bind(node.name, _always(Defined(opened.name)))
        self.bodies.append(inner)
        self._block(inner, node.body, path)
        for key, count in inner.reads.items():
            body.reads[key] = body.reads.get(key, 0) + count

    def _parameters(self, opened: OpenFunction, own: OpenClass | None) -> None:
        arguments = opened.node.args
        listed = _arguments(arguments)
        if own and opened.kind != "staticmethod" and (arguments.posonlyargs or arguments.args):
            receiver = listed.pop(0).arg
            opened.body.receiver = receiver
            of = Defined(own.name)
            opened.body.scope.bind(receiver, _always(of if opened.kind == "classmethod" else Instance(of)))
        for argument in listed:
            opened.body.scope.bind(argument.arg, _promised(opened.around, argument, arguments))

    def _class(self, body: Body, node: ast.ClassDef, path: Path) -> None:
        for each in (*node.decorator_list, *node.bases, *node.keywords):
            self._expressions(body, each, path)
        name = body.qualified(node.name)
        dotted = f"{self.names.module}.{name}"
        parent = body.scope if body.own is None or body.scope is not body.own.scope else body.scope.parent
        scope = Scope(self.names, parent, dotted)
        opened = OpenClass(node, dotted, scope, Scope(self.names, parent, dotted))
        body.scope.bind(node.name, _always(Defined(dotted)))
        self.classes.append(opened)
        inner = Body(scope, name, opened)
        self.bodies.append(inner)
        self._block(inner, node.body, path)


_NOTED = frozenset({ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr, ast.comprehension, ast.Lambda})

_HANDLERS: dict[type[ast.stmt], Callable[..., None]] = {
    ast.FunctionDef: Walk._function,
    ast.AsyncFunctionDef: Walk._function,
    ast.ClassDef: Walk._class,
    ast.Import: Walk._import,
    ast.ImportFrom: Walk._import_from,
    ast.Assign: Walk._assignment,
    ast.AnnAssign: Walk._annotated_assignment,
    ast.AugAssign: Walk._augmented,
    ast.Expr: Walk._expression_statement,
    ast.Return: Walk._return,
    ast.For: Walk._for,
    ast.AsyncFor: Walk._for,
    ast.With: Walk._with,
    ast.AsyncWith: Walk._with,
    ast.Try: Walk._try,
    ast.TryStar: Walk._try,
    ast.If: Walk._if,
    ast.Match: Walk._match,
    ast.Global: Walk._elsewhere,
    ast.Nonlocal: Walk._elsewhere,
}
if sys.version_info >= (3, 12):
    _HANDLERS[ast.TypeAlias] = Walk._type_alias


def _binder(scope: Scope | None, name: str) -> Scope | None:
    while scope is not None and name not in scope.bindings:
        scope = scope.parent
    return scope


def _always(value: Ref | Defined | Instance | Unknown) -> Binding:
    return lambda: value


def _entering(scope: Scope, node: ast.expr) -> Binding:
    return lambda: scope.entered(node)


def _promised(around: Scope, argument: ast.arg, arguments: ast.arguments) -> Binding:
    if argument.annotation is None:
        return _always(Unknown(f"parameter `{argument.arg}` has no annotation"))
    if argument is arguments.vararg or argument is arguments.kwarg:
        return lambda: Collection(around.annotated(argument.annotation), keyed=argument is arguments.kwarg)
    return lambda: around.annotated(argument.annotation)


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    listed = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return listed + [each for each in (arguments.vararg, arguments.kwarg) if each]


def _kind(scope: Scope, node: Function) -> FunctionKind:
    if node.name in ("__new__", "__init_subclass__", "__class_getitem__"):
        return "classmethod"
    for decorator in node.decorator_list:
        name = scope.dotted(decorator)
        if name == "classmethod":
            return "classmethod"
        if name == "staticmethod":
            return "staticmethod"
        accessor = isinstance(decorator, ast.Attribute) and decorator.attr in ("setter", "deleter", "getter")
        if name in PROPERTIES or accessor:
            return "property"
    return "method"


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _catches_import_errors(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or bool(_last_names(handler.type) & IMPORT_ERRORS)


def _suppresses(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and "suppress" in _last_names(node.func)


def _last_names(node: ast.expr) -> set[str]:
    nodes = node.elts if isinstance(node, ast.Tuple) else [node]
    return {each.id if isinstance(each, ast.Name) else getattr(each, "attr", "") for each in nodes}
