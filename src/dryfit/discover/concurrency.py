"""Whether a project's source shows that several threads or tasks run it at once."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from dryfit.model.structure import ProjectMap

_LIBRARIES = (
    *(
        "_thread",
        "threading",
        "concurrent",
        "multiprocessing",
        "queue",
        "asyncio",
        "trio",
        "anyio",
        "gevent",
        "greenlet",
    ),
    *(
        "fastapi",
        "starlette",
        "flask",
        "django",
        "aiohttp",
        "tornado",
        "sanic",
        "bottle",
        "pyramid",
        "falcon",
    ),
    *(
        "celery",
        "rq",
        "dramatiq",
        "huey",
        "grpc",
        "socketserver",
        "http.server",
        "wsgiref",
        "uvicorn",
        "gunicorn",
    ),
)
_IMPORTED = re.compile(
    rf"^\s*(?:async\s+def\b|(?:import|from)\s+(?:{'|'.join(map(re.escape, _LIBRARIES))})\b)", re.MULTILINE
)


def is_concurrent(root: Path, project: ProjectMap) -> bool:
    """Whether a module of a component makes threads or tasks, guards against them, or serves requests."""
    return any(
        _IMPORTED.search(_text(root / module.file))
        for component in project.components
        for module in component.modules
    )


def _text(file: Path) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return file.read_text(encoding="utf-8")
    return ""
