"""Resources that outlive the process which starts them: what ``dryfit env`` does."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration
from dryfit.resources.environment import new_space
from dryfit.resources.kind import ByHand
from dryfit.resources.programs import find_program
from dryfit.resources.registry import kind_named, provider_named

FILE = Path(".dryfit", "env.json")
"""Where a project remembers what it has up: name → URL."""


@dataclass(frozen=True, slots=True)
class State:
    """One resource: ``url`` is "" where it is down; ``remark`` says why it can be nothing else."""

    declaration: Declaration
    url: str = ""
    remark: str = ""

    @property
    def line(self) -> str:
        """For people, without the password."""
        each = self.declaration
        return f"{each.name} ({each.kind}, {each.provider}): {masked(self.url) or self.remark or 'down'}"

    @property
    def as_json(self) -> Mapping[str, str]:
        """For programs, with everything that is needed to connect."""
        each = self.declaration
        return {
            "name": each.name,
            "kind": each.kind,
            "provider": each.provider,
            "url": self.url,
            "remark": self.remark,
        }


def up(declaration: Declaration, root: Path) -> State:
    """Start the resource, with a part of its own for use by hand; where it is up already, say so."""
    known = status(declaration, root)
    if known.url or known.remark:
        return known
    kind = kind_named(declaration.kind)
    endpoint = _by_hand(declaration).up(kind, declaration, root)
    # Not closed: it stays until the server ends.
    url = kind.open(declaration, endpoint, root, new_space("hand")).handle.url
    _remember(root, {**_known(root), declaration.name: url})
    return State(declaration, url)


def down(declaration: Declaration, root: Path) -> State:
    """Let go of the resource."""
    known = status(declaration, root)
    if known.url:
        _by_hand(declaration).down(kind_named(declaration.kind), declaration, root)
        _remember(root, {name: url for name, url in _known(root).items() if name != declaration.name})
    return State(declaration, remark=known.remark)


def status(declaration: Declaration, root: Path) -> State:
    """Whether it is up."""
    kind, provider = kind_named(declaration.kind), provider_named(declaration.provider)
    if not kind.has_server:
        return State(declaration, remark="lives in the process of the tests; there is nothing to start")
    if provider.by_hand is None:
        return State(declaration, remark="an existing server; dryfit neither starts nor ends it")
    url = _known(root).get(declaration.name, "")
    is_running = url and provider.by_hand.logs(kind, declaration, root) is not None
    return State(declaration, url if is_running else "")


def logs(declaration: Declaration, root: Path) -> str:
    """What its server has written."""
    return _by_hand(declaration).logs(kind_named(declaration.kind), declaration, root) or ""


def psql(databases: Iterable[Declaration], root: Path) -> tuple[str, str]:
    """The program and the URL of the first PostgreSQL that is up; raises ``ResourceError`` where there is none."""
    for declaration in databases:
        if url := status(declaration, root).url:
            return _psql_program(), url
    raise ResourceError(
        f"{root}: no PostgreSQL is up here; `dryfit env up` starts the declared one", slug="resources"
    )


def _psql_program() -> str:
    from dryfit.resources.postgres.programs import find

    beside = find().path("psql")
    return (
        beside
        if os.access(beside, os.X_OK)
        else find_program("psql", ("psql",), "install your system's psql")
    )


def masked(url: str) -> str:
    """The URL without its password."""
    parts = urlsplit(url)
    if not parts.password:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", ":***@", 1)))


def _by_hand(declaration: Declaration) -> ByHand:
    found = provider_named(declaration.provider).by_hand
    if found is None or not kind_named(declaration.kind).has_server:
        raise ResourceError(
            f"{declaration.name}: has no server that dryfit could keep; see `dryfit env status`",
            slug="resources",
        )
    return found


def _known(root: Path) -> dict[str, str]:
    with suppress(OSError, ValueError):
        known = json.loads((root / FILE).read_text())
        return {str(name): str(url) for name, url in known.items()}
    return {}


def _remember(root: Path, known: Mapping[str, str]) -> None:
    file = root / FILE
    file.parent.mkdir(exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(json.dumps(known, indent=2))
