"""The local half of every mark: one file for each, readable by this user alone, below the user's state directory."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from dryfit.resources import places
from dryfit.resources.guard.mark import Identity, Mark, refusal, token_of
from dryfit.resources.guard.owner import Owner

KEPT_SECONDS = 30 * 86400
"""How long a dead run's entry is kept, so that what it left on a server can still be proved."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the register says of one mark; ``owner`` is nobody where a database was adopted for good."""

    mark: Mark
    owner: Owner | None


def enter(identity: Identity, token: str, *, for_good: bool = False) -> Mark:
    """Enter a mark that a thing is about to get; whoever calls this has made the thing, or was given it."""
    entry = Entry(Mark(identity, token), None if for_good else Owner.current())
    part = _folder() / f"{secrets.token_hex(8)}.part"
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(entry), file)
    part.replace(_file(entry.mark))
    return entry.mark


def find(identity: Identity, token: str) -> Entry | None:
    """The entry of a thing that bears this token; ``None`` where there is none that can be trusted."""
    return _trusted(_file(Mark(identity, token)), Mark(identity, token))


def entries(kind: str, server: str) -> Iterator[Entry]:
    """All that is marked on one server."""
    for path in sorted(_folder().glob(f"{_of_server(kind, server)}-*.json")):
        with suppress(OSError, ValueError, KeyError, TypeError):
            entry = _read(path)
            if (entry.mark.identity.kind, entry.mark.identity.server) == (kind, server):
                yield entry


def forget(mark: Mark) -> None:
    """Take the mark back: from now on nothing can be proved by it."""
    _file(mark).unlink(missing_ok=True)


def tidy() -> None:
    """Drop the entries of dead runs that nobody has come back to for a month: what they marked is gone by now."""
    oldest = time.time() - KEPT_SECONDS
    for path in _folder().iterdir():
        with suppress(OSError, ValueError, KeyError, TypeError):
            if path.lstat().st_mtime < oldest and (owner := _read(path).owner) and not owner.lives:
                path.unlink()


def confirm(mark: Mark, text: object, what: str, *, known: bool | None = None) -> None:
    """Raise ``ResourceError`` unless a thing bears the mark, and the register knows it as the mark of that very thing.

    ``mark`` joins the token to be proved with the identity just read from the thing, ``text`` is what it bears where a
    mark would stand, ``what`` names it for the user. ``known`` takes the place of the question to the register.
    """
    if not mark.token or token_of(text) != mark.token:
        raise refusal(what, "it does not bear this run's mark")
    if not (find(mark.identity, mark.token) if known is None else known):
        raise refusal(what, f"it bears a mark that {_folder()} does not know to be its own ({mark.identity})")


def _trusted(path: Path, mark: Mark) -> Entry | None:
    try:
        entry = _read(path)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return entry if entry.mark == mark else None  # a file that was copied tells of another thing


def _read(path: Path) -> Entry:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, encoding="utf-8") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise OSError(f"{path}: others can write it")
        told = json.load(file)
    mark, owner = told["mark"], told["owner"]
    return Entry(Mark(Identity(**mark["identity"]), mark["token"]), Owner(**owner) if owner else None)


def _file(mark: Mark) -> Path:
    identity = mark.identity
    name = f"{_of_server(identity.kind, identity.server)}-{_digest(asdict(mark), 32)}"
    return _folder() / f"{name}.json"


def _of_server(kind: str, server: str) -> str:
    """What the names of all entries of one server begin with: those of others, thousands in time, are not opened."""
    return _digest([kind, server], 8)


def _digest(told: object, length: int) -> str:
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:length]


def _folder() -> Path:
    folder = places.state() / "marks"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise refusal(str(folder), "others than this user may write marks there")
    return folder
