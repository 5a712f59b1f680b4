"""Of which modules a project's source shows that several threads or tasks may share their objects."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from dryfit.model.structure import ImportEdge, ProjectMap, Sharing

_PRIMITIVES = ("_thread", "threading", "queue")
"""What a module may use to guard itself: importing it makes no thread."""

_MAKE_THREADS = (
    *(
        "concurrent",
        "multiprocessing",
        "socketserver",
        "http.server",
        "wsgiref",
        "uvicorn",
        "gunicorn",
        "grpc",
    ),
    *("fastapi", "starlette", "flask", "django", "bottle", "pyramid", "falcon"),
    *("celery", "rq", "dramatiq", "huey"),
)
_MAKE_TASKS = ("asyncio", "trio", "anyio", "gevent", "greenlet", "aiohttp", "tornado", "sanic")
"""These take turns of their own accord: nothing of another task's runs between two lines."""


def _imports(*libraries: str) -> str:
    return rf"^\s*(?:import|from)\s+(?:{'|'.join(map(re.escape, libraries))})\b"


_MAKES_THREADS = re.compile(
    rf"{_imports(*_MAKE_THREADS)}|\b_?thread(?:ing)?\b.*\b(?:Thread|Timer)\b|\b(?:to_thread|run_in_executor)\b",
    re.MULTILINE,
)
_GUARDS = re.compile(_imports(*_PRIMITIVES), re.MULTILINE)
_MAKES_TASKS = re.compile(_imports(*_MAKE_TASKS), re.MULTILINE)
_IS_ASYNCHRONOUS = re.compile(r"^\s*async\s+def\b", re.MULTILINE)


def shared_modules(root: Path, project: ProjectMap) -> Mapping[str, Sharing]:
    """Of each module of the components, who may share its objects.

    It is those whom it makes, or guards against, or who are made by a component that imports it, directly or not.
    """
    texts = {module.name: _text(root / module.file) for each in project.components for module in each.modules}

    def below(makes: re.Pattern[str]) -> set[str]:
        making = (
            each for each in project.components if any(makes.search(texts[m.name]) for m in each.modules)
        )
        return _reached((each.name for each in making), project.imports)

    of_threads, of_tasks = below(_MAKES_THREADS), below(_MAKES_TASKS)

    def sharing(component: str, module: str) -> Sharing:
        if component in of_threads or _GUARDS.search(texts[module]):
            return "threads"
        return "tasks" if component in of_tasks or _IS_ASYNCHRONOUS.search(texts[module]) else "nobody"

    return {
        module.name: sharing(each.name, module.name) for each in project.components for module in each.modules
    }


def _reached(components: Iterable[str], imports: Iterable[ImportEdge]) -> set[str]:
    """The components, and those below them."""
    below: defaultdict[str, set[str]] = defaultdict(set)
    for edge in imports:
        if not edge.typing_only:
            below[edge.importer].add(edge.imported)
    found, waiting = set(), set(components)
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= below[name] - found
    return found


def _text(file: Path) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return file.read_text(encoding="utf-8")
    return ""
