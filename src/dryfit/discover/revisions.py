"""The source of a project as it was at a git revision; the work tree and the index are not touched."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from dryfit.model.errors import UsageError

SUFFIXES = (".py", ".pyi", ".toml", ".cfg", ".ini")
"""Source, and the files that say where it lies."""

_ORDINARY_FILES = ("100644", "100755")


def find_revision(root: Path, revision: str) -> str:
    """The commit that ``revision`` means; ``UsageError`` where there is none, or no git."""
    if not _run(root, "rev-parse", "--is-inside-work-tree").stdout.startswith(b"true"):
        raise UsageError(
            f"revision {revision}: {root} is no git work tree{_because(root)}; clone the project, or name no revision",
            slug="base-revision",
        )
    found = _run(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if found.returncode:
        raise UsageError(f"revision {revision}: {_unknown(root)}", slug="base-revision")
    return found.stdout.decode().strip()


@contextmanager
def checked_out(root: Path, revision: str) -> Iterator[Path]:
    """A temporary folder with the project's source as it was; nothing in it is executed.

    Files come straight from git's objects: no hook, no filter and no attribute of the repository has a part in it.
    Raises ``UsageError`` where the revision or one of its files is not there.
    """
    commit = find_revision(root, revision)
    with TemporaryDirectory(prefix="dryfit-base-") as folder:
        target = Path(os.path.realpath(folder))
        files = _files(root, commit)
        if not any(name.endswith(".py") for name in files):
            raise UsageError(f"revision {revision}: holds no Python file below {root}; name a later one")
        for name, content in zip(files, _contents(root, revision, list(files.values())), strict=True):
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        yield target


def file_at(root: Path, revision: str, name: str) -> str:
    """The text of one file below ``root`` as it was; raises ``UsageError`` where it is not there."""
    commit = find_revision(root, revision)
    found = _run(root, "cat-file", "blob", f"{commit}:./{name}")
    if found.returncode:
        raise UsageError(f"revision {revision}: has no {name}; name a later one", slug="base-revision")
    return found.stdout.decode("utf-8", "replace")


def changed_files(root: Path, revision: str) -> frozenset[str]:
    """The files below ``root``, relative to it, that are not as they were where this branch left ``revision``.

    What is not committed counts, and files that git does not know yet. Raises ``UsageError`` as ``find_revision`` does.
    """
    commit = find_revision(root, revision)
    left = _run(root, "merge-base", commit, "HEAD").stdout.decode().strip() or commit
    changed = _run(
        root, "diff", "--name-only", "--no-renames", "--no-ext-diff", "--relative", "-z", left, "--"
    )
    unknown = _run(root, "ls-files", "--others", "--exclude-standard", "-z")
    names = (changed.stdout + unknown.stdout).split(b"\0")
    return frozenset(os.fsdecode(name) for name in names if name)


def _files(root: Path, commit: str) -> dict[str, str]:
    """The files below ``root``, relative to it, with their objects; links and submodules are left out."""
    found = {}
    for entry in _run(root, "ls-tree", "-r", "-z", commit).stdout.split(b"\0"):
        mode, _, rest = entry.partition(b" ")
        head, _, path = rest.partition(b"\t")
        name = os.fsdecode(path)
        if mode.decode() in _ORDINARY_FILES and name.endswith(SUFFIXES):
            found[name] = head.split()[-1].decode()
    return found


def _contents(root: Path, revision: str, objects: list[str]) -> Iterator[bytes]:
    told = _run(root, "cat-file", "--batch", given="".join(f"{each}\n" for each in objects).encode()).stdout
    for _ in objects:
        head, _, told = told.partition(b"\n")
        words = head.split()
        if len(words) != 3:
            raise UsageError(
                f"revision {revision}: git has not all of its files here; fetch them: git fetch --refetch"
            )
        size = int(words[2])
        yield told[:size]
        told = told[size + 1 :]


def _unknown(root: Path) -> str:
    if _run(root, "rev-parse", "--is-shallow-repository").stdout.startswith(b"true"):
        return "is not in this shallow clone; fetch it: git fetch --unshallow (in CI, fetch-depth: 0)"
    return "git knows no such revision; `git log --oneline --all` lists them"


def _because(root: Path) -> str:
    said = _run(root, "rev-parse").stderr.decode(errors="replace").strip().splitlines()
    return f" ({said[0].removeprefix('fatal: ')})" if said else ""


def _run(root: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    # No lock is taken for a look, and nothing is fetched over the network behind the user's back.
    environment = os.environ | {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    try:
        return subprocess.run(
            ["git", "-C", str(root), *arguments],
            input=given,
            capture_output=True,
            env=environment,
            check=False,
        )
    except OSError as error:
        raise UsageError(f"git cannot be run ({error.strerror}); install it, or name no revision") from None
