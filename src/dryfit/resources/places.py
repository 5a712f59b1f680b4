"""Where servers keep what, and as whom they run: directories of this user's own, memory where there is room."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from dryfit.model.errors import ResourceError

ROOM = 1 << 30
"""Bytes that have to be free in memory before a server's data is put there."""

_MEMORY = Path("/dev/shm")


def cache() -> Path:
    """What is worth keeping between runs: data directories with schema and seed; ``$XDG_CACHE_HOME/dryfit``."""
    return _own(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dryfit")


def kept(name: str) -> Path | None:
    """A folder of the cache for what can be made anew at any time; ``None`` where this user can have none."""
    with suppress(OSError, RuntimeError, ResourceError):  # no home, a full or a read-only one
        folder = cache() / name
        folder.mkdir(exist_ok=True)
        return folder
    return None


def state() -> Path:
    """What proves later that something is ours: tokens; ``$XDG_STATE_HOME/dryfit``."""
    return _own(Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "dryfit")


def runtime(*, in_memory: bool = False) -> Path:
    """Where running servers live. Short, for a Unix socket's path may have 107 bytes at most."""
    if in_memory and has_room(_MEMORY):
        return _own(_MEMORY / f"dryfit-{os.getuid()}")
    return _own(Path("/tmp") / f"dryfit-{os.getuid()}")


def has_room(folder: Path) -> bool:
    """Whether a gigabyte may be written below ``folder``."""
    return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > ROOM


def new_home(name: str, *, in_memory: bool = False) -> Path:
    """An empty directory for one server."""
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=runtime(in_memory=in_memory)))


def unprivileged() -> pwd.struct_passwd | None:
    """Whom to run a server as that refuses to run as root; ``None`` where we are not root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def give(home: Path, owner: pwd.struct_passwd) -> None:
    """Make ``owner`` the owner of a directory and of all that is in it, but for folders that he has made himself."""
    os.chown(home, owner.pw_uid, owner.pw_gid)
    for folder, folders, files in os.walk(home):
        folders[:] = [name for name in folders if os.lstat(os.path.join(folder, name)).st_uid != owner.pw_uid]
        for name in (*folders, *files):
            os.chown(os.path.join(folder, name), owner.pw_uid, owner.pw_gid, follow_symlinks=False)


def _own(folder: Path) -> Path:
    """Make the directory if need be; raises ``ResourceError`` where it is somebody else's, or a link."""
    with suppress(FileExistsError):
        folder.mkdir(parents=True)
        # Not 0o700 for root: the servers that refuse to run as root have to reach what is below.
        folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise ResourceError(f"{folder}: is not a directory of this user's own; remove it", slug="resources")
    return folder
