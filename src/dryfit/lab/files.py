"""What is in the files that the program opens for writing."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from dryfit.model.crossing import Crossing
from dryfit.model.digest import FILES, Cells, Column, Contents, Digest
from dryfit.resources.digest.cells import Number, cell, digest_of

MOST_FILES = 200
"""Of so many files the contents are compared."""

MOST_BYTES = 1 << 20
"""Of a larger file only the size is compared."""

COLUMNS = (Column("path", key=True), Column("size"), Column("content"))

Found = Mapping[Path, Cells | None]
"""Size and content of each file; ``None`` where there is none."""


def opened(crossing: Crossing) -> Path | None:
    """The file that a crossing opens for writing, if it opens one."""
    if crossing.callee.name != "builtins.open":
        return None
    values = dict(zip(crossing.callee.parameters, crossing.values, strict=False))
    arguments, options = values.get("arguments"), values.get("options")
    if isinstance(arguments, tuple) and arguments:
        path = arguments[0]
    else:
        path = options.get("file") if isinstance(options, dict) else None
    # Not whatever has a `__fspath__`: that would be the user's code.
    return Path(os.path.abspath(path)) if isinstance(path, str | Path) else None


def look(path: Path) -> Cells | None:
    """What is in a file now."""
    try:
        size = path.stat().st_size
        content = digest_of(path.read_bytes()) if path.is_file() and size <= MOST_BYTES else "not read"
    except OSError:
        return None
    return cell(Number(size)), cell(content)


def digest(found: Found, name_of: Callable[[Path], str]) -> Digest:
    """One place a file; a second file of one name has a number."""
    names: Counter[str] = Counter()
    contents = []
    for path, seen in found.items():
        name = name_of(path)
        names[name] += 1
        place = name if names[name] == 1 else f"{name} ({names[name]})"
        rows = ((cell(place), *seen),) if seen is not None else ()
        contents.append(Contents(FILES, place, COLUMNS, rows))
    return Digest(tuple(contents))
