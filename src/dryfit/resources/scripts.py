"""The SQL files and callables by which a project makes its schema and its seed, in their order."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration
from dryfit.resources import children
from dryfit.resources.kind import Option


def _good(value: object) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(each, str) for each in value)
    )


_CALL = """
import importlib, operator, sys
module, name, url = sys.argv[1:]
operator.attrgetter(name)(importlib.import_module(module))(url)
"""
_ALLOWED = (
    'a pattern of SQL files ("db/*.sql") or a callable that takes the URL ("package.module:name"), or a list'
)
SCHEMA = Option("schema", _ALLOWED, _good)
SEED = Option("seed", _ALLOWED, _good)


def apply(declaration: Declaration, root: Path, url: str, run_sql: Callable[[str, Path], None]) -> None:
    """Make what ``schema`` and then what ``seed`` says; ``run_sql`` runs the text of a file in the database.

    Raises ``ResourceError`` that names the file or the callable which failed.
    """
    for entry in _entries(declaration):
        if _is_callable(entry):
            _call(entry, url, root, declaration.env)
        else:
            for path in _files(declaration.name, entry, root):
                run_sql(path.read_text(encoding="utf-8"), path)


def _entries(declaration: Declaration) -> Iterator[str]:
    for option in (SCHEMA, SEED):
        given = declaration.options.get(option.name, ())
        yield from (given,) if isinstance(given, str) else given  # type: ignore[misc]  # "good" said so


def _is_callable(entry: str) -> bool:
    module, colon, name = entry.partition(":")
    return bool(colon) and all(part.isidentifier() for part in (*module.split("."), *name.split(".")))


def _files(resource: str, pattern: str, root: Path) -> list[Path]:
    path = root / pattern
    found = sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
    if not found:
        raise ResourceError(f"{resource}: no file {path}; correct the keys schema and seed", slug="resources")
    return found


def _call(entry: str, url: str, root: Path, variables: tuple[str, ...]) -> None:
    """Call it in a process of its own: what the project's modules do on import must not reach the tests' process."""
    module, _, name = entry.partition(":")
    path = os.pathsep.join((str(root), str(root / "src"), *children.search_path().values()))
    ran = subprocess.run(
        [sys.executable, "-c", _CALL, module, name, url],
        cwd=root,
        env={**os.environ, "PYTHONPATH": path, **dict.fromkeys(variables, url)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if ran.returncode:
        said = "\n".join(ran.stderr.strip().splitlines()[-20:])
        raise ResourceError(f"{entry}: could not make the schema or the seed:\n{said}", slug="resources")
