"""Marks of directories, and of the files in them: a directory of dryfit's own holds the token and, beside it, the data.

The identity is device and inode. Whatever is removed is reached through a descriptor of that very directory, which is
proved first, and never through a link: replacing a directory on the path by a link to another one leads nowhere.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dryfit.resources.guard import register
from dryfit.resources.guard.mark import PREFIX, Identity, Mark, new_token, refusal

DATA = "data"
_MARK = ".dryfit-mark"


def create(base: Path) -> tuple[Mark, Path]:
    """Make a marked directory below ``base``; returns the mark and the empty directory in it that tests may use."""
    home = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
    mark = register.enter(_identity(home.lstat()), new_token())
    with open(os.open(home / _MARK, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(mark.text)
    (home / DATA).mkdir()
    return mark, home / DATA


def empty(mark: Mark, data: Path) -> None:
    """Remove all that is in the marked directory, or make it again; what links in it lead to stays."""
    with _proved(mark, data) as home:
        _empty(home)


def remove(mark: Mark, data: Path) -> None:
    """Remove the marked directory altogether; one that is gone already is no error."""
    if os.path.lexists(data.parent):
        with _proved(mark, data) as home:
            _empty(home)
            os.rmdir(DATA, dir_fd=home)
            os.unlink(_MARK, dir_fd=home)
        data.parent.rmdir()
    register.forget(mark)


_NO_LINK = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


@contextmanager
def _proved(mark: Mark, data: Path) -> Iterator[int]:
    """A descriptor of the directory that holds mark and data."""
    try:
        home = os.open(data.parent, _NO_LINK)
    except OSError as error:
        raise refusal(str(data), f"its directory cannot be opened ({error.strerror})") from None
    try:
        found = os.fstat(home)
        text = _text(home) if data.name == DATA and found.st_uid == os.geteuid() else ""
        register.confirm(Mark(_identity(found), mark.token), text, str(data))
        _refuse_links(home, found.st_dev, data)
        yield home
    finally:
        os.close(home)


def _refuse_links(home: int, device: int, data: Path) -> None:
    """What a test put in the place of the data directory is not followed, nor what is mounted on it."""
    if not _is_there(home):
        return  # a test has removed it
    found = os.stat(DATA, dir_fd=home, follow_symlinks=False)
    if not stat.S_ISDIR(found.st_mode) or found.st_dev != device:
        raise refusal(str(data), "it has become a link or a mount")


def _empty(home: int) -> None:
    """It stays the same directory, for those who watch it or are in it."""
    if not _is_there(home):
        os.mkdir(DATA, dir_fd=home)
    _make_accessible(home)
    inner = os.open(DATA, _NO_LINK, dir_fd=home)
    try:
        for name in os.listdir(inner):
            if stat.S_ISDIR(os.stat(name, dir_fd=inner, follow_symlinks=False).st_mode):
                shutil.rmtree(name, dir_fd=inner)
            else:
                os.unlink(name, dir_fd=inner)
    finally:
        os.close(inner)


def _is_there(home: int) -> bool:
    return DATA in os.listdir(home)


def _make_accessible(home: int) -> None:
    """A test may have taken our own rights away, to see how the program takes it."""
    os.chmod(DATA, 0o700, dir_fd=home)
    for _, folders, _, folder in os.fwalk(DATA, dir_fd=home):
        for name in folders:
            if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
                os.chmod(name, 0o700, dir_fd=folder)


def _text(home: int) -> str:
    try:
        descriptor = os.open(_MARK, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=home)
    except OSError:
        return ""
    with open(descriptor, errors="replace") as file:
        return file.read(100)


def _identity(found: os.stat_result) -> Identity:
    return Identity("directory", str(found.st_dev), str(found.st_ino))
