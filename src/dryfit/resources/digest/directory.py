"""The digest of a directory: its files by path, size and content."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from dryfit.model.digest import Column, Contents, Digest
from dryfit.resources.digest.cells import Number, cell, digest_of

MOST_FILES = 2_000
"""A directory with more files is left out; the digest says so."""

MOST_BYTES = 16 << 20
"""Of larger files only the size is kept."""

FILES = "files"
"""The place that lists the files."""

COLUMNS = (Column("path", key=True), Column("size"), Column("content"))


def read(path: Path, source: str) -> Digest:
    """Read the files below ``path``; a link counts as what it says, and is not followed. Raises ``OSError``."""
    taken = time.time()
    files = sorted(_files(path))
    if len(files) > MOST_FILES:
        return Digest(skipped=(((source, FILES), f"more than {MOST_FILES} files"),), taken=taken)
    rows = tuple((cell(file.relative_to(path).as_posix()), *_content(file)) for file in files)
    return Digest((Contents(source, FILES, COLUMNS, rows),), taken=taken)


def _files(path: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(path):
        links = [name for name in folders if Path(folder, name).is_symlink()]
        yield from (Path(folder, name) for name in (*names, *links))


def _content(file: Path) -> tuple[str, str]:
    if file.is_symlink():
        return cell(None), cell(f"→ {os.readlink(file)}")
    if not file.is_file():
        return cell(None), cell("no regular file")
    size = file.stat().st_size
    content = digest_of(file.read_bytes()) if size <= MOST_BYTES else "too large to read"
    return cell(Number(size)), cell(content)
