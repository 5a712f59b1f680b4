"""Where a project keeps its importable source and its tests, as its configuration files say."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dryfit.model.seam import Place
from dryfit.model.structure import Problem

Table = dict[str, object]

PYTEST_FILES = (  # in pytest's own order of precedence
    ("pytest.toml", ("pytest",)),
    (".pytest.toml", ("pytest",)),
    ("pytest.ini", ("pytest",)),
    (".pytest.ini", ("pytest",)),
    ("pyproject.toml", ("tool", "pytest")),
    ("pyproject.toml", ("tool", "pytest", "ini_options")),
    ("tox.ini", ("pytest",)),
    ("setup.cfg", ("tool:pytest",)),
)
PACKAGE_FOLDERS = (  # where build back ends are told that the packages lie
    ("tool", "setuptools", "packages", "find", "where"),
    ("tool", "setuptools", "package-dir", ""),
    ("tool", "pdm", "build", "package-dir"),
    ("tool", "maturin", "python-source"),
    ("tool", "uv", "build-backend", "module-root"),
)
IMPORTS_SRC = re.compile(rb"^\s*(?:from|import)\s+src\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Layout:
    """``search_paths`` are the folders that imports start from, ``test_folders`` those that hold tests (absolute)."""

    search_paths: tuple[str, ...]
    test_folders: tuple[str, ...]
    problems: tuple[Problem, ...] = ()


def read_layout(root: Path) -> Layout:
    """Read pytest's ``pythonpath`` and ``testpaths`` and the back end's package folders; executes nothing."""
    files, problems = _read_files(root)
    settings = _pytest_settings(files)
    pyproject = files.get("pyproject.toml", {})
    added, declared = _words(settings.get("pythonpath")), list(_package_folders(pyproject))
    tests = _existing(root, _words(settings.get("testpaths")))
    packaged = bool(pyproject) or any((root / name).exists() for name in ("setup.py", "setup.cfg"))
    paths = _search_paths(root, added, declared, tests, packaged)
    return Layout(tuple(paths), tuple(tests), tuple(problems))


def project_name(root: Path) -> str:
    """What the project calls itself in pyproject.toml, else its folder's name."""
    files, _ = _read_files(root)
    declared = files.get("pyproject.toml", {}).get("project")
    name = declared.get("name") if isinstance(declared, dict) else None
    return name if isinstance(name, str) and name else root.absolute().name


def _search_paths(
    root: Path, added: list[str], declared: list[str], tests: list[str], packaged: bool
) -> list[str]:
    """What pytest adds, and what the back end packs; where nothing says what it packs, a package beside them too."""
    found = [path for path in _existing(root, [*added, *declared]) if path not in tests]
    source = root / "src"
    has_package = _has_package(root, {*found, *tests})
    if _is_source_folder(source, deep=not has_package) and (packaged or not _is_imported_by_name(source)):
        found.append(str(source))
    elif packaged and not declared and has_package:
        found.append(str(root))
    return list(dict.fromkeys(found)) or [str(root)]


def _has_package(root: Path, others: set[str]) -> bool:
    """Whether a package lies at the root, other than tests and what is a search path itself."""
    packages = {file.parent for file in root.glob("*/__init__.py")}
    return any(str(each) not in others and each.name not in ("test", "tests") for each in packages)


def _is_source_folder(folder: Path, *, deep: bool) -> bool:
    """A package called ``src`` is a package; a folder of packages is where imports start.

    With ``deep`` so is a folder of namespaces with packages in them.
    """
    if not folder.is_dir() or (folder / "__init__.py").exists():
        return False
    levels = ("*.py", "*/*.py", "*/*/*.py") if deep else ("*.py", "*/*.py")
    return any(next(folder.glob(level), None) is not None for level in levels)


def _is_imported_by_name(source: Path) -> bool:
    """Unpackaged projects often write ``from src.order import …``: then imports start one folder higher."""
    return any(IMPORTS_SRC.search(file.read_bytes()) for file in source.glob("**/*.py") if file.is_file())


def _read_files(root: Path) -> tuple[dict[str, Table], list[Problem]]:
    files: dict[str, Table] = {}
    problems = []
    for name in dict.fromkeys(name for name, _ in PYTEST_FILES):
        try:
            files[name] = _read(root / name)
        except FileNotFoundError:
            continue
        except (OSError, ValueError, configparser.Error) as error:
            reason = str(error).splitlines()[0]
            problems.append(
                Problem(Place(name, 0), f"{name} can't be read ({reason}): its settings are left out")
            )
    return files, problems


def _read(path: Path) -> Table:
    if path.suffix == ".toml":
        return tomllib.loads(path.read_text("utf-8"))
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(path.read_text("utf-8"))
    return {name: dict(section) for name, section in parser.items()}


def _pytest_settings(files: dict[str, Table]) -> Table:
    for name, keys in PYTEST_FILES:
        settings = _at(files.get(name, {}), keys)
        if isinstance(settings, dict) and ("pythonpath" in settings or "testpaths" in settings):
            return settings
    return {}


def _package_folders(pyproject: Table) -> Iterator[str]:
    for keys in PACKAGE_FOLDERS:
        yield from _words(_at(pyproject, keys))
    for package in _words(_at(pyproject, ("tool", "hatch", "build", "targets", "wheel", "packages"))):
        yield os.path.dirname(package) or "."
    packages = _at(pyproject, ("tool", "poetry", "packages"))
    for entry in packages if isinstance(packages, list) else ():
        if isinstance(entry, dict):
            yield str(entry.get("from", "."))


def _at(table: object, keys: Iterable[str]) -> object:
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table


def _words(value: object) -> list[str]:
    """A setting that is a list, or a line of words as ini files have it."""
    if isinstance(value, str):
        return shlex.split(value)
    return [str(item) for item in value] if isinstance(value, list) else []


def _existing(root: Path, names: Iterable[str]) -> list[str]:
    paths = (os.path.normpath(os.path.join(root, name)) for name in names)
    return [path for path in paths if os.path.isdir(path)]
