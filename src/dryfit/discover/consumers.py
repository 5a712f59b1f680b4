"""What callers do with what they get, at chosen places of the source; nothing is executed."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from dryfit.discover.text import decode
from dryfit.model.seam import Place
from dryfit.model.stand_in import Consumers, ResultUse
from dryfit.model.structure import ProjectMap

Call = tuple[Place, str]
"""A call's place, and the last part of the name that it calls."""

MOST_STEPS = 64


_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.Module)


def consumers(
    root: Path,
    project: ProjectMap,
    calls: Iterable[Call],
    targets: Iterable[str],
    raised: Iterable[tuple[str, str]],
) -> Consumers:
    """Read what becomes of the results of ``calls``, which ``targets`` nobody reads, and which of the exceptions in
    ``raised`` (a component with a dotted name) never come from that component or what it imports."""
    by_file: dict[str, list[Call]] = defaultdict(list)
    for place, name in set(calls):
        by_file[place.file].append((place, name))
    uses: dict[Call, ResultUse] = {}
    passing_on: set[Call] = set()
    by_name: set[Call] = set()
    for file, wanted in by_file.items():
        tree = _parsed(root / file)
        if tree is not None:
            calls_there = _Calls(tree)
            uses |= calls_there.uses(wanted)
            passing_on |= calls_there.passing_on(wanted)
            by_name |= calls_there.by_name(wanted)
    unread = dict(_unread(root, project, sorted(set(targets))))
    never = frozenset(pair for pair in set(raised) if not _may_raise(root, project, *pair))
    return Consumers(uses, unread, never, frozenset(passing_on), frozenset(by_name))


def _parsed(file: Path) -> ast.Module | None:
    try:
        return ast.parse(decode(file.read_bytes()).text)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None


class _Calls:
    """The calls of one module, each with the nodes around it."""

    def __init__(self, tree: ast.Module) -> None:
        self._above: dict[ast.AST, ast.AST] = {}
        self._calls: list[ast.Call] = []
        for node in ast.walk(tree):
            for child in ast.iter_child_nodes(node):
                self._above[child] = node
            if isinstance(node, ast.Call):
                self._calls.append(node)

    def uses(self, wanted: Iterable[Call]) -> dict[Call, ResultUse]:
        """What becomes of the calls that can be found."""
        found = {(place, name): self._call(place.line, name) for place, name in wanted}
        return {key: self._use(call) for key, call in found.items() if call is not None}

    def by_name(self, wanted: Iterable[Call]) -> set[Call]:
        """The calls of a name, and not of something's attribute."""
        found = ((key, self._call(key[0].line, key[1])) for key in wanted)
        return {key for key, call in found if call is not None and isinstance(call.func, ast.Name)}

    def passing_on(self, wanted: Iterable[Call]) -> set[Call]:
        """The calls that hand on what their own function gathers."""
        found = ((key, self._call(key[0].line, key[1])) for key in wanted)
        return {key for key, call in found if call is not None and _spread(call) & self._gathered(call)}

    def _gathered(self, node: ast.AST) -> set[str]:
        """The names of ``*args`` and ``**kwargs`` of the function around a node."""
        while not isinstance(node, _SCOPES):
            node = self._above[node]
        starred = () if isinstance(node, ast.Module) else (node.args.vararg, node.args.kwarg)
        return {each.arg for each in starred if each is not None}

    def _call(self, line: int, name: str) -> ast.Call | None:
        """The one call on the line that calls the name, or else the only one there."""
        there = [call for call in self._calls if call.lineno <= line <= _end_of_name(call)]
        named = [call for call in there if _called(call) == name]
        unnamed = [call for call in there if not _called(call)]  # `table[key](…)`
        chosen = next((calls for calls in (named, unnamed, there) if calls), [])
        return chosen[0] if len(chosen) == 1 else None

    def _use(self, call: ast.Call) -> ResultUse:
        found: set[tuple[str, str | int]] = set()
        waiting: list[ast.expr] = [call]
        steps = readers = 0
        while waiting and steps < MOST_STEPS:
            steps += 1
            node = waiting.pop()
            same = list(self._step(node, self._above[node], found))
            readers += not same and not isinstance(self._above[node], ast.Expr)
            waiting += same
        if readers > 1:
            found.add(("way", "read again"))
        return ResultUse(
            tuple(sorted(str(what) for kind, what in found if kind == "attribute")),
            tuple(sorted(str(what) for kind, what in found if kind == "key")),
            tuple(sorted(str(what) for kind, what in found if kind == "asked")),
            tuple(sorted(int(what) for kind, what in found if kind == "unpacked")),
            tuple(sorted(str(what) for kind, what in found if kind == "way")),
        )

    def _step(self, node: ast.expr, above: ast.AST, found: set[tuple[str, str | int]]) -> Iterable[ast.expr]:
        """Add what the node around it does with a value; give the expressions that have the same value."""
        match above:
            case ast.Await():
                found.add(("way", "awaited"))
                return [above]
            case ast.Attribute(attr=attr):
                found.add(("attribute", attr))
                match self._above.get(above) if attr == "get" else None:
                    case ast.Call(args=[ast.Constant(value=str(key)), *_]):
                        found.add(("asked", key))
            case ast.Subscript(value=value, slice=ast.Constant(value=str(key))) if value is node:
                found.add(("key", key))
            case ast.Subscript(value=value) if value is node:
                found.add(("way", "computed"))
            case ast.Assign(targets=[target]):
                return self._bound(target, above, found)
            case ast.AnnAssign(target=target) | ast.withitem(optional_vars=ast.expr() as target):
                return self._bound(target, above, found)
            case ast.NamedExpr(target=target):
                return [above, *self._bound(target, above, found)]
            case ast.For(iter=it) | ast.AsyncFor(iter=it) | ast.comprehension(iter=it) if it is node:
                found.add(("way", "iterated"))
            case ast.Starred() | ast.YieldFrom():
                found.add(("way", "iterated"))
            case ast.Call(func=ast.Name(id="bool")):
                found.add(("way", "tested"))
            case ast.Call(func=ast.Name(id="isinstance" | "type")):
                found.add(("way", "told apart"))
            case ast.Compare():
                found.add(("way", "tested" if _with_none(above) else "computed"))
            case ast.If() | ast.While() | ast.BoolOp() | ast.UnaryOp() | ast.Assert():
                found.add(("way", "tested"))
            case ast.IfExp(test=test):
                found.add(("way", "tested")) if test is node else None
                return [] if test is node else [above]
            case ast.Expr():
                pass
            case ast.Return() | ast.Yield() | ast.Call() | ast.keyword() | ast.Assign():
                found.add(("way", "handed on"))
            case ast.Tuple() | ast.List() | ast.Dict() | ast.Set() | ast.Lambda():
                found.add(("way", "handed on"))
            case _:
                found.add(("way", "computed"))
        return []

    def _bound(
        self, target: ast.expr, above: ast.AST, found: set[tuple[str, str | int]]
    ) -> Iterator[ast.expr]:
        """Follow a variable to where it is read before it is bound anew, by line."""
        if isinstance(target, ast.Tuple | ast.List):
            if not any(isinstance(each, ast.Starred) for each in target.elts):
                found.add(("unpacked", len(target.elts)))
            else:
                found.add(("way", "iterated"))
        elif isinstance(target, ast.Name):
            yield from self._reads(target)
        else:
            found.add(("way", "handed on"))

    def _reads(self, target: ast.Name) -> Iterator[ast.expr]:
        scope: ast.AST = target
        while not isinstance(scope, _SCOPES):
            scope = self._above[scope]
        names = [each for each in ast.walk(scope) if isinstance(each, ast.Name) and each.id == target.id]
        later = [
            each.lineno
            for each in names
            if isinstance(each.ctx, ast.Store) and each is not target and each.lineno > target.lineno
        ]
        until = min(later, default=1 << 30)
        for each in names:
            if isinstance(each.ctx, ast.Load) and target.lineno <= each.lineno <= until:
                yield each


def _with_none(comparison: ast.Compare) -> bool:
    """Whether something is only asked whether it is ``None``."""
    return all(isinstance(each, ast.Constant) and each.value is None for each in comparison.comparators)


def _spread(call: ast.Call) -> set[str]:
    """The names of what a call unpacks."""
    starred = (each.value for each in call.args if isinstance(each, ast.Starred))
    keywords = (each.value for each in call.keywords if each.arg is None)
    return {each.id for each in (*starred, *keywords) if isinstance(each, ast.Name)}


def _end_of_name(call: ast.Call) -> int:
    return call.func.end_lineno or call.lineno


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _unread(root: Path, project: ProjectMap, targets: Iterable[str]) -> Iterator[tuple[str, Place]]:
    """Targets that their module imports and never reads, and that no other module reads from it."""
    files = {module.name: module.file for each in project.components for module in each.modules}
    for target in targets:
        module, _, name = target.rpartition(".")
        tree = _parsed(root / files[module]) if module in files else None
        line = _imports(tree, name) if tree is not None else 0
        if tree is None or not line or _reads(tree, name):
            continue
        others = (_parsed(root / file) for other, file in files.items() if other != module)
        if not any(other is not None and _takes(other, name) for other in others):
            yield target, Place(files[module], line, "<module>")


def _imports(tree: ast.Module, name: str) -> int:
    """The line on which a module imports the name, or 0."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom) and any(
            (alias.asname or alias.name) == name for alias in node.names
        ):
            return node.lineno
    return 0


def _reads(tree: ast.Module, name: str) -> bool:
    """Whether a module reads a name, or has it as a text, as for ``getattr``; what it says to export is not read."""
    exported = {
        id(inner)
        for node in tree.body
        if isinstance(node, ast.Assign) and any(_is_name(target, "__all__") for target in node.targets)
        for inner in ast.walk(node.value)
    }
    return any(
        _is_name(node, name)
        or (isinstance(node, ast.Constant) and node.value == name and id(node) not in exported)
        for node in ast.walk(tree)
    )


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _takes(tree: ast.Module, name: str) -> bool:
    return any(
        (isinstance(node, ast.Attribute) and node.attr == name)
        or (isinstance(node, ast.ImportFrom) and any(alias.name in (name, "*") for alias in node.names))
        for node in ast.walk(tree)
    )


def _may_raise(root: Path, project: ProjectMap, component: str, exception: str) -> bool:
    """Whether a component, or one that it imports at any depth, names an exception other than to catch or import it."""
    name = exception.rpartition(".")[2]
    reachable = _reachable(project, component)
    files = [module.file for each in project.components if each.name in reachable for module in each.modules]
    trees = [_parsed(root / file) for file in files]
    return not files or any(tree is None or _names(tree, name) for tree in trees)


def _reachable(project: ProjectMap, component: str) -> set[str]:
    imported: dict[str, set[str]] = defaultdict(set)
    for edge in project.imports:
        imported[edge.importer].add(edge.imported)
    found, waiting = {component}, [component]
    while waiting:
        new = imported[waiting.pop()] - found
        found |= new
        waiting += new
    return found


def _names(tree: ast.Module, name: str) -> bool:
    caught = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and node.type is not None
        for inner in ast.walk(node.type)
    }
    return any(
        (
            (isinstance(node, ast.Name) and node.id == name)
            or (isinstance(node, ast.Attribute) and node.attr == name)
        )
        and id(node) not in caught
        for node in ast.walk(tree)
    )
