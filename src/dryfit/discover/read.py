"""Read one module: from its file to its facts."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from dryfit.discover.bodies import Function, OpenClass, OpenFunction, OpenImport
from dryfit.discover.calls import CallFinder
from dryfit.discover.expressions import FOREIGN, Defined, Expression, Ref, Unknown, either
from dryfit.discover.facts import ClassFacts, FunctionFacts, ImportFacts, ModuleFacts
from dryfit.discover.scopes import Names, Scope
from dryfit.discover.text import Source, decode
from dryfit.discover.walk import Walk
from dryfit.model.seam import Place
from dryfit.model.structure import Module, Parameter, ParameterKind, Problem

OVERLOADS = frozenset({"typing.overload", "typing_extensions.overload"})


def read_module(
    root: Path, module: Module, components: Mapping[str, str], tops: frozenset[str]
) -> ModuleFacts:
    """Read ``module``; a file that can't be read or parsed gives a problem in place of its facts.

    ``components`` maps every module of a component to that component, ``tops`` are the project's top-level names.
    """
    try:
        source = decode((root / module.file).read_bytes())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the project's source: an invalid escape, say
            tree = ast.parse(source.text)
        return _facts(module, source, tree, components, tops)
    except SyntaxError as error:
        return _unreadable(module, error.lineno or 0, f"can't be parsed ({error.msg})")
    except UnicodeDecodeError as error:
        what = f"is not {error.encoding} text (byte {error.start}): save it as UTF-8 or give it a coding line"
        return _unreadable(module, 0, what)
    except OSError as error:
        return _unreadable(module, 0, f"can't be read ({error.strerror})")
    except (ValueError, RecursionError, MemoryError) as error:
        return _unreadable(module, 0, f"can't be parsed ({str(error) or type(error).__name__})")


def _unreadable(module: Module, line: int, what: str) -> ModuleFacts:
    problem = Problem(Place(module.file, line), f"the file {what}; it is left out")
    return ModuleFacts(module, {}, problems=(problem,), left_out=True)


def _facts(
    module: Module, source: Source, tree: ast.Module, components: Mapping[str, str], tops: frozenset[str]
) -> ModuleFacts:
    walk = Walk(Names(module.name, module.file.endswith("__init__.py"), tops)).run(tree)
    try:
        return _gathered(module, source, walk, components)
    finally:
        walk.forget()


def _gathered(module: Module, source: Source, walk: Walk, components: Mapping[str, str]) -> ModuleFacts:
    classes = {opened.name: _class(opened, source) for opened in walk.classes}
    own = components.get(module.name)
    imports = [_import(walk, each) for each in walk.imports]
    imported = [each for each in imports if walk.names.is_project(each.target)]
    outgoing = any(_component(each.target, each.name, components) != own for each in imported)
    finder = CallFinder(source, classes, outgoing)
    return ModuleFacts(
        module,
        _variables(walk.top),
        tuple(walk.stars),
        tuple(_function(each, source) for each in walk.functions if not _is_overload(each)),
        tuple(classes.values()),
        tuple(imports),
        tuple(call for body in walk.bodies for call in finder.calls(body)) if own else (),
        tuple(_climbs(module, line) for line in walk.too_high),
    )


def _import(walk: Walk, opened: OpenImport) -> ImportFacts:
    if not walk.names.is_project(opened.facts.target):
        return opened.facts
    return replace(opened.facts, uses=walk.uses(opened))


def _component(target: str, name: str, components: Mapping[str, str]) -> str | None:
    return components.get(f"{target}.{name}") or components.get(target)


def _climbs(module: Module, line: int) -> Problem:
    message = "a relative import climbs above the top-level package: give it fewer dots, or an absolute name"
    return Problem(Place(module.file, line), message)


def _variables(top: Scope) -> dict[str, Expression]:
    """What the module's names stand for, without those that one ``def`` or ``class`` explains."""
    values = {name: top.value(name) for name in top.bindings}
    return {name: value for name, value in values.items() if value != Defined(f"{top.names.module}.{name}")}


def _class(opened: OpenClass, source: Source) -> ClassFacts:
    methods = {each.node.name: _function(each, source) for each in opened.methods if not _is_overload(each)}
    around = opened.scope
    return ClassFacts(
        opened.name,
        tuple(_base(around, node) for node in opened.node.bases),
        _attributes(opened, methods),
        methods,
        _decorators(around, opened.node.decorator_list),
        _metaclass(opened),
    )


def _metaclass(opened: OpenClass) -> Expression | None:
    named = (keyword.value for keyword in opened.node.keywords if keyword.arg == "metaclass")
    return next(map(opened.scope.reference, named), None)


def _base(around: Scope, node: ast.expr) -> Expression:
    """A base class: with its dotted name, even where it comes from a library."""
    if isinstance(node, ast.Subscript):
        return _base(around, node.value)
    value = around.reference(node)
    return Ref(around.dotted(node)) if value == FOREIGN and around.dotted(node) else value


def _attributes(opened: OpenClass, methods: Mapping[str, FunctionFacts]) -> dict[str, Expression]:
    names = dict.fromkeys([*opened.scope.bindings, *opened.attributes.bindings])
    return {name: _attribute(opened, name) for name in names if name not in methods}


def _attribute(opened: OpenClass, name: str) -> Expression:
    for scope in (opened.scope, opened.attributes):
        if name in scope.declared:
            return scope.value(name)
    return either(scope.value(name) for scope in (opened.scope, opened.attributes) if name in scope.bindings)


def _is_overload(opened: OpenFunction) -> bool:
    return any(opened.around.dotted(node) in OVERLOADS for node in opened.node.decorator_list)


def _function(opened: OpenFunction, source: Source) -> FunctionFacts:
    node = opened.node
    bound = opened.kind in ("method", "classmethod", "property") and bool(
        node.args.posonlyargs or node.args.args
    )
    return FunctionFacts(
        opened.name,
        node.lineno,
        opened.kind,
        tuple(_parameters(node, source))[1 if bound else 0 :],
        isinstance(node, ast.AsyncFunctionDef),
        opened.body.yields,
        _decorators(opened.around, node.decorator_list),
        _returns(opened),
        node.returns is not None,
    )


def _decorators(around: Scope, nodes: list[ast.expr]) -> tuple[str, ...]:
    called = (node.func if isinstance(node, ast.Call) else node for node in nodes)
    return tuple(around.dotted(node) or "?" for node in called)


def _returns(opened: OpenFunction) -> Expression:
    """What a call gives: as annotated, or the one thing that every ``return`` gives."""
    if opened.node.returns is not None:
        return opened.around.annotated(opened.node.returns)
    if opened.body.yields:
        return Unknown(f"`{opened.node.name}` yields, without an annotation")
    return either(opened.body.scope.express(node) for node in opened.body.returned)


def _parameters(node: Function, source: Source) -> list[Parameter]:
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    first_default = len(positional) - len(arguments.defaults)
    listed = [
        _parameter(each, _positional_kind(index, arguments), index >= first_default, source)
        for index, each in enumerate(positional)
    ]
    if arguments.vararg:
        listed.append(_parameter(arguments.vararg, "var-positional", False, source))
    for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        listed.append(_parameter(each, "keyword-only", default is not None, source))
    if arguments.kwarg:
        listed.append(_parameter(arguments.kwarg, "var-keyword", False, source))
    return listed


def _positional_kind(index: int, arguments: ast.arguments) -> ParameterKind:
    return "positional-only" if index < len(arguments.posonlyargs) else "positional-or-keyword"


def _parameter(node: ast.arg, kind: ParameterKind, default: bool, source: Source) -> Parameter:
    return Parameter(node.arg, kind, default, source.segment(node.annotation) if node.annotation else "")
