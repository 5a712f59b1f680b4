"""The mark by which dryfit knows what is its own, and the proof of it."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field

from dryfit.model.errors import ResourceError

PREFIX = "dryfit_"
"""How the name of everything begins that dryfit makes on a server."""

# PostgreSQL cuts a name after 63 bytes: the rest could be somebody else's.
_NAME = re.compile(PREFIX + r"[a-z0-9_]{1,56}")
_TEXT = re.compile(r"dryfit ([0-9a-f]{32})")


@dataclass(frozen=True, slots=True)
class Identity:
    """Which thing on which server, in the server's own words that no name and no address can imitate.

    ``server`` is what the server calls itself (a system identifier, a run id), ``part`` the thing's number on it
    (an oid, an inode), which a thing of the same name made later does not have.
    """

    kind: str
    server: str
    part: str

    def __str__(self) -> str:
        return f"{self.kind} {self.server}/{self.part}"


@dataclass(frozen=True, slots=True)
class Mark:
    """A random ``token`` that stands both in the thing of that identity and in this user's register."""

    identity: Identity
    token: str = field(repr=False)

    @property
    def text(self) -> str:
        """As it stands in the thing itself."""
        return text_of(self.token)


def text_of(token: str) -> str:
    """What stands in a thing that is marked with a token."""
    return f"dryfit {token}"


def new_token() -> str:
    """Sixteen random bytes, which no accident brings about again."""
    return secrets.token_hex(16)


def token_of(text: object) -> str:
    """The token in a text that a server gave (a comment, a key's value); "" where it is no mark."""
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    found = _TEXT.fullmatch(text) if isinstance(text, str) else None
    return found[1] if found else ""


def own_name(name: str) -> str:
    """The name, if dryfit may give it to something that it will remove again; raises ``ResourceError`` else."""
    if _NAME.fullmatch(name):
        return name
    raise ResourceError(
        f"{name!r}: dryfit makes and removes only what is called {PREFIX}…, in lower-case letters, digits and _",
        slug="production-guard",
    )


def refusal(what: str, why: str) -> ResourceError:
    """The error that says why something is left alone."""
    return ResourceError(
        f"{what}: {why}; nothing was changed. dryfit destroys only what it has made and marked itself,"
        " or what was given to it by `dryfit env adopt`",
        slug="production-guard",
    )
