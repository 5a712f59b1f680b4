"""Where run files lie, which one is the latest, and when old ones go.

Every run has a directory of its own, ``.dryfit/runs/<run id>/``, so that runs at the same time share no file.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from dryfit.model.errors import StoreError
from dryfit.model.run import RunInfo
from dryfit.model.trace import Behaviour
from dryfit.store.reader import load_behaviours, load_info

EARLIER = 3
"""So many runs are asked what this one does not show."""

KEEP = 10
"""So many runs stay; older ones are removed when a new one begins."""

Claim = Literal["ours", "taken", "unknown"]


def new_id(started: datetime) -> str:
    """A name for the run that began at ``started`` (UTC), which no other run has: ``20260131T235959-1f2e3d``."""
    return f"{started:%Y%m%dT%H%M%S}-{os.urandom(3).hex()}"


def run_file(root: Path, run_id: str, worker: str = "") -> Path:
    """Where the run of the project at ``root``, or one worker of it, is written."""
    name = f"worker-{worker}.sqlite" if worker else "run.sqlite"
    return _runs(root) / run_id / name


def make_room(path: Path) -> None:
    """Make the directories above a run file, and keep them out of git; ``OSError`` where they cannot be made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ignore = path.parents[2] / ".gitignore"
    if not ignore.exists():
        ignore.write_text("# run files of dryfit\n*\n", encoding="utf-8")


def latest(root: Path) -> Path | None:
    """The file of the run that began last and is not being written any more; ``None`` where there is none."""
    for directory in _newest_first(root):
        if _file(directory).is_file() and not _being_written(directory):
            return _file(directory)
    return None


def find(root: Path, run_id: str) -> Path:
    """The file of the run ``run_id``; ``StoreError`` with the ids that there are, or while it is still written."""
    path = run_file(root, run_id)
    if not path.is_file():
        known = ", ".join(d.name for d in _newest_first(root) if _file(d).is_file()) or "none yet"
        raise StoreError(f"{path}: no such run; kept under {_runs(root)}: {known}", slug="run-file")
    if _being_written(path.parent):
        raise StoreError(f"{path}: this run has not ended yet; wait for its end", slug="run-file")
    return path


def earlier(
    root: Path, info: RunInfo, callables: Collection[str], most: int = EARLIER
) -> tuple[Behaviour, ...]:
    """How the last few runs before this one crossed some callables; a file that cannot be read shows nothing."""
    found: list[Behaviour] = []
    others = [each for each in _newest_first(root) if each.name != info.id and _file(each).is_file()]
    for directory in others[:most]:
        if not _being_written(directory):
            with suppress(StoreError):
                found += load_behaviours(_file(directory), callables)
    return tuple(found)


def prune(root: Path, keep: int = KEEP) -> None:
    """Remove all but the newest ``keep`` runs, never one that a process may still be writing."""
    for directory in _newest_first(root)[keep:]:
        with suppress(OSError), claim(directory) as claimed:
            if claimed == "ours":
                shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def claim(directory: Path) -> Iterator[Claim]:
    """Try to be the one process that may write or remove the run in ``directory``, for as long as the block lasts.

    "taken" where another process is; "unknown" where the file system has no locks (NFS). The system frees a killed
    process's claim. ``OSError`` where there is no such directory.
    """
    handle = os.open(directory, os.O_RDONLY)
    try:
        claimed = _lock(handle)
        yield claimed
        if claimed == "ours":
            # Not left to close: a process that a test forked may hold the handle, too.
            fcntl.flock(handle, fcntl.LOCK_UN)
    finally:
        os.close(handle)


def _lock(handle: int) -> Claim:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return "taken"
    except OSError:
        return "unknown"
    return "ours"


def _being_written(directory: Path) -> bool:
    try:
        with claim(directory) as claimed:
            return claimed == "taken"
    except OSError:  # another process has just removed it
        return False


def _runs(root: Path) -> Path:
    return root / ".dryfit" / "runs"


def _file(directory: Path) -> Path:
    return directory / "run.sqlite"


def _newest_first(root: Path) -> list[Path]:
    directories = [path for path in _runs(root).glob("*") if path.is_dir()]
    return sorted(directories, key=lambda d: (_started(d), d.name), reverse=True)


def _started(directory: Path) -> float:
    """The start that stands in the file; for a file that cannot be read, when its directory last changed."""
    try:
        return datetime.fromisoformat(load_info(_file(directory)).started).replace(tzinfo=UTC).timestamp()
    except (StoreError, ValueError):
        pass
    try:
        return directory.stat().st_mtime
    except OSError:  # another process has just removed it
        return 0.0
