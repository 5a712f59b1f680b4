"""Find the components of a project from its folders: no file is imported, and none but ``__init__`` is read."""

from __future__ import annotations

import ast
import difflib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from dryfit.discover.folders import Package, scan
from dryfit.discover.layout import Layout, read_layout
from dryfit.model.seam import Place
from dryfit.model.structure import Module, Problem


@dataclass(frozen=True, slots=True)
class ComponentSource:
    """A component's name and its modules, sorted by name."""

    name: str
    modules: tuple[Module, ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """What was found: components sorted by name, and what could not be found.

    ``others`` are modules that belong to no component: packages' ``__init__`` files that only hand names on, and
    whatever an explicit list leaves out. ``search_paths`` are the folders that imports start from, relative to
    the root.
    """

    root: str
    components: tuple[ComponentSource, ...] = ()
    others: tuple[Module, ...] = ()
    search_paths: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    def component_of(self) -> Mapping[str, str]:
        """Each module's dotted name with the name of its component."""
        return {module.name: each.name for each in self.components for module in each.modules}

    def files(self) -> dict[str, str]:
        """Absolute files with their components; "" for source of the project that belongs to none."""
        owned = [(module, each.name) for each in self.components for module in each.modules]
        return {
            str((Path(self.root) / module.file).resolve()): owner
            for module, owner in [*owned, *((module, "") for module in self.others)]
        }


def find_components(root: Path, wanted: Sequence[str] = ()) -> Sources:
    """Find the components of the project at ``root``.

    ``wanted`` are patterns of dotted names, matched part by part (``shop.*`` is every module and sub-package of
    ``shop``); without them, components are the top-level modules and packages, or the parts of the one package
    (folders of scripts without an ``__init__`` beside it do not make it one of several).
    What can't be found becomes a problem in the result; nothing is raised.
    """
    root = Path(os.path.abspath(root))
    layout = read_layout(root)
    tops = scan(root, layout, frozenset(pattern.partition(".")[0] for pattern in wanted))
    modules = [module for top in tops for module in top.modules]
    packages = [package for top in tops for package in top.packages]
    problems = list(layout.problems)
    if not modules and not packages:
        problems.append(_nothing_found(root))
    claims: Iterable[str]
    if wanted:
        claims, unknown = _claim(wanted, modules, packages)
        problems += unknown
    else:
        claims = _default_claims(modules, packages)
    return _assemble(root, layout, claims, modules, packages, problems)


def _assemble(
    root: Path,
    layout: Layout,
    claims: Iterable[str],
    modules: list[Module],
    packages: list[Package],
    problems: list[Problem],
) -> Sources:
    """Give each module to the longest claimed name above it."""
    claimed = set(claims)
    found: dict[str, list[Module]] = {}
    others = []
    for module in (*modules, *(module for package in packages for module in package.everything())):
        owner = next((name for name in _ancestors(module.name) if name in claimed), None)
        if owner is None:
            others.append(module)
        else:
            found.setdefault(owner, []).append(module)
    for name in [name for name in found if _only_hands_on(root, name, found[name])]:
        others += found.pop(name)
    return Sources(
        str(root),
        tuple(ComponentSource(name, tuple(sorted(found[name], key=_name))) for name in sorted(found)),
        tuple(sorted(others, key=_name)),
        tuple(os.path.relpath(path, root).replace(os.sep, "/") for path in layout.search_paths),
        tuple(problems),
    )


def _default_claims(modules: list[Module], packages: list[Package]) -> Iterator[str]:
    yield from (module.name for module in modules)
    declared = [package for package in packages if _is_declared(package)]
    split = declared if len(declared) == 1 else packages if len(packages) == 1 else []
    for package in packages:
        yield from _parts(package) if package in split else [package.name]


def _is_declared(package: Package) -> bool:
    """Whether an ``__init__`` says that it is a package: else it may be a folder of scripts, ``docker`` say."""
    return package.own is not None or any(map(_is_declared, package.packages))


def _parts(package: Package) -> Iterator[str]:
    """The parts of the one package; a package that holds nothing but another one is looked through."""
    yield package.name
    modules = [module.name for module in package.modules if not module.name.endswith(".__main__")]
    if not modules and len(package.packages) == 1:
        yield from _parts(package.packages[0])
    else:
        yield from modules
        yield from (inner.name for inner in package.packages)


def _claim(
    wanted: Sequence[str], modules: list[Module], packages: list[Package]
) -> tuple[list[str], list[Problem]]:
    names = sorted({ancestor for name in _all_names(modules, packages) for ancestor in _ancestors(name)})
    claims: list[str] = []
    problems = []
    for pattern in wanted:
        matched = [name for name in names if _matches(name, pattern)]
        claims += matched
        if not matched:
            problems.append(_unknown_component(pattern, names))
    return claims, problems


def _all_names(modules: list[Module], packages: list[Package]) -> Iterator[str]:
    yield from (module.name for module in modules)
    for package in packages:
        yield from (module.name for module in package.everything())


def _matches(name: str, pattern: str) -> bool:
    parts, patterns = name.split("."), pattern.split(".")
    return len(parts) == len(patterns) and all(map(fnmatchcase, parts, patterns))


def _unknown_component(pattern: str, names: list[str]) -> Problem:
    near = difflib.get_close_matches(pattern, names, 1, 0.0)
    hint = f"; the nearest name is {near[0]!r}" if near else ""
    message = f"no module or package of the project is called {pattern!r}{hint}: correct `components` in [tool.dryfit]"
    return Problem(Place("pyproject.toml", 0), message)


def _nothing_found(root: Path) -> Problem:
    message = f"no Python module was found in {root.name or root}: run dryfit in the project's root folder"
    return Problem(Place(".", 0), message)


def _only_hands_on(root: Path, name: str, modules: list[Module]) -> bool:
    """A package whose parts are components, and whose own ``__init__`` only imports and names, is none itself."""
    if len(modules) != 1 or modules[0].name != name or not modules[0].file.endswith("__init__.py"):
        return False
    try:
        body = ast.parse((root / modules[0].file).read_bytes()).body
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return all(_is_declaration(statement) for statement in body)


def _is_declaration(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Import | ast.ImportFrom | ast.Pass):
        return True
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if isinstance(statement, ast.Assign | ast.AugAssign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        return all(isinstance(target, ast.Name) and target.id.startswith("__") for target in targets)
    if isinstance(statement, ast.If | ast.Try):
        return all(
            _is_declaration(inner) for inner in ast.iter_child_nodes(statement) if isinstance(inner, ast.stmt)
        )
    return False


def _ancestors(name: str) -> Iterator[str]:
    """The name itself, then the packages above it, nearest first."""
    while name:
        yield name
        name = name.rpartition(".")[0]


def _name(module: Module) -> str:
    return module.name
