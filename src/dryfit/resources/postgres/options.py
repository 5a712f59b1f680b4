"""What a project may say of its PostgreSQL in ``[tool.dryfit.resources]``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from dryfit.model.resource import Declaration, Isolation
from dryfit.resources.kind import Option
from dryfit.resources.postgres.sources import Sources

ISOLATIONS: tuple[Isolation, ...] = get_args(Isolation)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_texts(value: object) -> bool:
    return _is_text(value) or (isinstance(value, list) and all(map(_is_text, value)))


def _is_settings(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, (str, int, float)) for item in value.values())


OPTIONS = (
    Option(
        "schema", 'SQL files ("db/*.sql") or callables ("shop.database:create"), one or a list', _is_texts
    ),
    Option("metadata", 'SQLAlchemy\'s metadata, as "shop.models:Base.metadata"', _is_text),
    Option("alembic", 'the path of alembic.ini, as "alembic.ini"', _is_text),
    Option("django", 'the settings module, as "shop.settings"', _is_text),
    Option("seed", 'SQL files ("db/seed.sql") or callables ("shop.seeds:fill"), one or a list', _is_texts),
    Option(
        "watch", "patterns of further files that decide what schema and seed are, one or a list", _is_texts
    ),
    Option("isolation", " | ".join(ISOLATIONS), lambda value: value in ISOLATIONS),
    Option("clock", "true, for a now() that the fixture clock sets", lambda value: isinstance(value, bool)),
    Option("settings", 'a table of the server\'s settings, as { work_mem = "8MB" }', _is_settings),
    Option("version", 'PostgreSQL\'s version, as "18"', _is_text),
)


@dataclass(frozen=True, slots=True)
class Options:
    """The same, read."""

    sources: Sources
    isolation: Isolation = "recycle"
    settings: Mapping[str, str] = field(default_factory=dict)
    version: str = ""


def read(declaration: Declaration, root: Path) -> Options:
    """What a declaration that was found good says; paths are those below ``root``."""
    given = declaration.options
    isolation: Isolation = next((name for name in ISOLATIONS if name == given.get("isolation")), "recycle")
    settings = given.get("settings")
    return Options(
        sources=Sources(
            root=root,
            schema=_texts(given.get("schema")),
            metadata=str(given.get("metadata", "")),
            alembic=str(given.get("alembic", "")),
            django=str(given.get("django", "")),
            seed=_texts(given.get("seed")),
            watch=_texts(given.get("watch")),
            env=declaration.env,
            clock=bool(given.get("clock", False)),
        ),
        isolation=isolation,
        settings={str(name): str(value) for name, value in settings.items()}
        if isinstance(settings, dict)
        else {},
        version=str(given.get("version", "")),
    )


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, (list, tuple)):
        return tuple(map(str, value))
    return (str(value),) if value else ()
