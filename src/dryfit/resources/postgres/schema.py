"""Writes a project's schema and seed into an empty database."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Endpoint
from dryfit.resources import children
from dryfit.resources.postgres.connect import driver, url
from dryfit.resources.postgres.programs import Programs
from dryfit.resources.postgres.sources import Sources, files, is_callable, search_path

# What only psql understands: its own commands, and data that follow a COPY, as pg_dump writes them.
_FOR_PSQL = re.compile(rb"^\\", re.MULTILINE)


def apply(sources: Sources, endpoint: Endpoint, database: str, programs: Programs | None = None) -> None:
    """Create everything in its order; raises ``ResourceError`` that names the file or the entry that failed."""
    address = url(endpoint, database)
    for entry in sources.schema:
        _apply_entry(sources, entry, address, programs)
    for way, entry in (
        ("metadata", sources.metadata),
        ("alembic", sources.alembic),
        ("django", sources.django),
    ):
        if entry:
            _run_project_code(sources, way, entry, address)
    for entry in sources.seed:
        _apply_entry(sources, entry, address, programs)


def _apply_entry(sources: Sources, entry: str, address: str, programs: Programs | None) -> None:
    if is_callable(entry):
        _run_project_code(sources, "call", entry, address)
        return
    for path in files(entry, sources.root):
        script = path.read_bytes()
        if _FOR_PSQL.search(script):
            _run_psql(path, address, programs)
        else:
            _run_script(path, script, address)


def _run_script(path: Path, script: bytes, address: str) -> None:
    # No connection of dryfit's own, which would not have the settings that the project's connections have.
    with driver().connect(address, autocommit=True) as connection:
        try:
            connection.execute(script)
        except driver().Error as error:
            raise ResourceError(f"{path}:{_line(script, error)}: {error}", slug="resources") from error


def _line(script: bytes, error: Exception) -> int:
    position = getattr(getattr(error, "diag", None), "statement_position", None)
    return script.decode(errors="replace")[: int(position or 1) - 1].count("\n") + 1


def _run_psql(path: Path, address: str, programs: Programs | None) -> None:
    psql = (programs and shutil.which(programs.path("psql"))) or shutil.which("psql")
    if psql is None:
        raise ResourceError(
            f"{path}: has commands or data for psql, which is not installed; install it, or dump with --inserts",
            slug="resources",
        )
    _run([psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", address, "-f", str(path)], str(path), path.parent)


def _run_project_code(sources: Sources, way: str, entry: str, address: str) -> None:
    # A process of its own: what the project's modules do when they are imported must not reach the tests' process.
    words = children.command("dryfit.resources.postgres.project_code", way, entry, address)
    variables = dict.fromkeys(sources.env, address) | {
        "PYTHONPATH": os.pathsep.join(search_path(sources.root)),
    }
    _run(words, entry, sources.root, variables)


def _run(words: Sequence[str], what: str, folder: Path, variables: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, **(variables or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    if done.returncode:
        said = "\n".join(done.stderr.strip().splitlines()[-20:])
        raise ResourceError(f"{what}: could not make the schema:\n{said}", slug="resources")
