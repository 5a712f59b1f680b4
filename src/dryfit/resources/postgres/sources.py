"""What a project's schema and seed are made from, as declared, and a hash that changes whenever they may."""

from __future__ import annotations

import ast
import configparser
import hashlib
import importlib.machinery
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dryfit.model.errors import ResourceError

_ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Sources:
    """Where schema and seed come from, in the order in which they are applied.

    ``schema`` and ``seed`` hold file patterns ("db/*.sql") and callables ("shop.database:create", given the URL);
    ``metadata`` is SQLAlchemy's ("shop.models:Base.metadata"), ``alembic`` its ini file, ``django`` a settings module.
    ``watch`` are patterns of further files that decide what is created. ``env`` are the variables that name the URL.
    ``clock`` says that its ``now()`` is one that can be set.
    """

    root: Path
    schema: tuple[str, ...] = ()
    metadata: str = ""
    alembic: str = ""
    django: str = ""
    seed: tuple[str, ...] = ()
    watch: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    clock: bool = False

    def fingerprint(self) -> str:
        """A hash of all that decides what is created, and the same wherever the project is checked out."""
        digest = hashlib.sha256(
            repr((self.schema, self.metadata, self.alembic, self.django, self.seed, self.clock)).encode()
        )
        for name, path in sorted((self._name(path), path) for path in set(self._files())):
            digest.update(f"\0{name}\0".encode())
            digest.update(path.read_bytes())
        if self.uses_python:
            digest.update("\0".join(_distributions()).encode())
        return digest.hexdigest()

    @property
    def uses_python(self) -> bool:
        """Whether the project's own code has to run."""
        return bool(
            self.metadata or self.alembic or self.django or any(map(is_callable, (*self.schema, *self.seed)))
        )

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self.root) if path.is_relative_to(self.root) else path)

    def _files(self) -> Iterator[Path]:
        for entry in (*self.schema, *self.seed):
            yield from modules_behind(entry, self.root) if is_callable(entry) else files(entry, self.root)
        for pattern in self.watch:
            yield from files(pattern, self.root)
        if self.metadata:
            yield from modules_behind(self.metadata, self.root)
        if self.alembic:
            yield from _alembic_files(self.root / self.alembic)
        if self.django:
            yield from modules_behind(self.django, self.root)
            yield from (
                path for path in self.root.rglob("migrations/*.py") if "site-packages" not in path.parts
            )


def is_callable(entry: str) -> bool:
    """Whether an entry names a callable ("package.module:function") and no file."""
    module, colon, name = entry.partition(":")
    return bool(colon) and all(part.isidentifier() for part in (*module.split("."), *name.split(".")))


def files(pattern: str, root: Path) -> list[Path]:
    """The files that a pattern names, sorted; raises ``ResourceError`` where there is none."""
    path = Path(pattern)
    base, relative = (
        (Path(path.anchor), path.relative_to(path.anchor)) if path.is_absolute() else (root, path)
    )
    found = sorted(found for found in base.glob(str(relative)) if found.is_file())
    if not found:
        raise ResourceError(f"{root / pattern}: no such file; correct the resource's paths", slug="resources")
    return found


def modules_behind(entry: str, root: Path) -> Iterator[Path]:
    """The module that an entry names, and all modules of the project that it imports, directly or not."""
    todo, seen = [entry.partition(":")[0]], set[Path]()
    while todo:
        for name, path in _module_files(todo.pop(), root):
            if path not in seen and "site-packages" not in path.parts:
                seen.add(path)
                todo += _imports(path, name)
    yield from seen


def search_path(root: Path) -> list[str]:
    """Where the project's own modules are found: its root, ``src``, and what Python searches anyway."""
    return [str(root), str(root / "src"), *sys.path]


def _module_files(name: str, root: Path) -> Iterator[tuple[str, Path]]:
    """A module and its parent packages by name, with their files, found without importing anything."""
    if name.partition(".")[0] in sys.stdlib_module_names:
        return
    path: Iterable[str] | None = search_path(root)
    for depth in range(1, name.count(".") + 2):
        part = ".".join(name.split(".")[:depth])
        spec = importlib.machinery.PathFinder.find_spec(part, list(path or ()))
        if spec is None:
            return
        if spec.origin and spec.origin.endswith(".py"):
            yield part, Path(spec.origin)
        path = spec.submodule_search_locations


def _imports(path: Path, module: str) -> Iterator[str]:
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(_tree(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)  # it may be a module, too


def _tree(source: bytes) -> ast.Module:
    """Empty where the source is wrong: whoever imports it is told."""
    # CPython before 3.11.5 blames itself where another thread, which imports what a kind needs, parses meanwhile.
    for _ in range(_ATTEMPTS):
        with suppress(SystemError):
            try:
                return ast.parse(source)
            except (SyntaxError, ValueError):
                break
    return ast.Module(body=[], type_ignores=[])


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")[: package.count(".") + 2 - node.level]
    return ".".join((*parts, *((node.module,) if node.module else ())))


def _alembic_files(ini: Path) -> Iterator[Path]:
    if not ini.is_file():
        raise ResourceError(f"{ini}: no such file; correct the resource's key alembic", slug="resources")
    yield ini
    settings = configparser.ConfigParser(defaults={"here": str(ini.parent)}, interpolation=None)
    settings.read(ini)
    location = settings.get("alembic", "script_location", fallback="alembic").replace(
        "%(here)s", str(ini.parent)
    )
    yield from (ini.parent / location).rglob("*.py")


def _distributions() -> list[str]:
    """Names and versions of what is installed: another release of a library may write another schema."""
    return sorted({info.name for folder in sys.path for info in Path(folder or ".").glob("*.dist-info")})
