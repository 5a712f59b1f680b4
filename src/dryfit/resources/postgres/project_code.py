"""Runs the part of the project's code that creates its schema, as a process: ``python -m … WAY ENTRY URL``."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import os
import sys
from collections.abc import Callable
from functools import reduce
from typing import Any
from urllib.parse import unquote, urlsplit


def call(entry: str, url: str) -> None:
    """Call a function with the URL; an asynchronous one is run to its end."""
    function = _named(entry)
    if not callable(function):
        raise TypeError(
            f"{entry} is a {type(function).__name__}, which cannot be called with the URL; SQLAlchemy's metadata are"
            " declared by the key 'metadata'"
        )
    result = function(url)
    if inspect.isawaitable(result):
        asyncio.run(_awaited(result))


def metadata(entry: str, url: str) -> None:
    """Create the tables of SQLAlchemy's metadata."""
    import sqlalchemy

    found = _named(entry)
    if not isinstance(found, sqlalchemy.MetaData):
        raise TypeError(f"{entry} is a {type(found).__name__}, no sqlalchemy.MetaData")
    engine = sqlalchemy.create_engine(_for_sqlalchemy(url))
    found.create_all(engine)
    engine.dispose()


def alembic(entry: str, url: str) -> None:
    """Upgrade to Alembic's newest revisions."""
    config = _named("alembic.config:Config")(entry)
    config.set_main_option("sqlalchemy.url", _for_sqlalchemy(url).replace("%", "%%"))
    _named("alembic.command:upgrade")(config, "heads")


def django(entry: str, url: str) -> None:
    """Apply Django's migrations to the default database."""
    os.environ["DJANGO_SETTINGS_MODULE"] = entry
    at = urlsplit(url)
    _named("django.conf:settings").DATABASES["default"].update(
        ENGINE="django.db.backends.postgresql",
        NAME=unquote(at.path.lstrip("/")),
        USER=unquote(at.username or ""),
        PASSWORD=unquote(at.password or ""),
        HOST=at.hostname,
        PORT=at.port,
    )
    _named("django:setup")()
    _named("django.core.management:call_command")("migrate", interactive=False, verbosity=0)


def _for_sqlalchemy(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def _named(entry: str) -> Any:  # whatever the project, Alembic or Django has there
    module, _, names = entry.partition(":")
    return reduce(getattr, names.split("."), importlib.import_module(module))


async def _awaited(result: object) -> None:
    await result  # type: ignore[misc]


WAYS: dict[str, Callable[[str, str], None]] = {
    "call": call,
    "metadata": metadata,
    "alembic": alembic,
    "django": django,
}

if __name__ == "__main__":
    way, entry, url = sys.argv[1:]
    WAYS[way](entry, url)
