"""Finds what a name means: a mapped class, a Django model, a plain class of the project, or a table."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Literal

from dryfit.model.errors import ResourceError
from dryfit.resources.builders.classes import is_plain

Kind = Literal["mapped", "django", "plain", "table"]
RANKS: dict[Kind, int] = {"mapped": 0, "django": 0, "plain": 1, "table": 2}
INSTALLED = ("site-packages", "dist-packages")


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that can be made; ``path`` is its full dotted name."""

    path: str
    kind: Kind
    model: object

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]

    def is_meant_by(self, wanted: str) -> bool:
        """Whether a name, of one or of several parts, is the end of the path."""
        return f".{self.path}".endswith(f".{wanted}")


def find(
    wanted: object, classes: Iterable[Candidate], tables: Callable[[bool], Iterable[Candidate]]
) -> Candidate:
    """The one candidate of a name, or of a class or a table itself.

    Stored classes (mapped, Django's) go before plain ones, and these before tables, which are read only where no class
    has the name, and ``again`` where none has it either. Raises ``ResourceError`` for a name of none, or of several
    of one rank.
    """
    if not isinstance(wanted, str):
        return _itself(wanted)
    known = list(classes)
    for again in (False, True):
        if not any(candidate.is_meant_by(wanted) for candidate in known):
            known += tables(again)
    meant = {c.model: c for c in known if c.is_meant_by(wanted)}
    first = min((RANKS[candidate.kind] for candidate in meant.values()), default=0)
    best = [candidate for candidate in meant.values() if RANKS[candidate.kind] == first]
    if len(best) == 1:
        return best[0]
    raise _ambiguous(wanted, best) if best else _unknown(wanted, known)


def classes(root: Path, modules: Mapping[str, ModuleType] | None = None) -> Iterator[Candidate]:
    """All that can be made: classes of SQLAlchemy's registries and their tables, of Django's apps, and plain ones.

    The plain ones, and mapped ones without a declarative base, are those of modules below ``root``.
    """
    loaded = dict(sys.modules if modules is None else modules)
    below = f"{root}{os.sep}"
    own = [kind for module in loaded.values() if _belongs(module, below) for kind in _defined(module)]
    yield from _mapped(own, loaded)
    yield from _django(loaded)
    for kind in own:
        if is_plain(kind) and not hasattr(kind, "__mapper__"):
            yield Candidate(_path(kind), "plain", kind)


def _mapped(own: Iterable[type], loaded: Mapping[str, ModuleType]) -> Iterator[Candidate]:
    if "sqlalchemy.orm" not in loaded:
        return
    from sqlalchemy.orm import DeclarativeBase

    declared = (base for base in DeclarativeBase.__subclasses__() if _is_loaded(base, loaded))
    bases = [*declared, *(kind for kind in own if hasattr(kind, "__mapper__"))]
    registries = {
        id(found): found for base in bases if (found := getattr(base, "registry", None)) is not None
    }
    for registry in registries.values():
        classes = {
            mapper.local_table: mapper.class_ for mapper in registry.mappers if mapper.inherits is None
        }
        for mapper in registry.mappers:
            yield Candidate(_path(mapper.class_), "mapped", mapper.class_)
        for table in registry.metadata.tables.values():
            mapped = classes.get(table)
            yield Candidate(table.fullname, "mapped" if mapped else "table", mapped or table)
    for kind in own:
        if hasattr(kind, "__mapper__"):
            yield Candidate(_path(kind), "mapped", kind)


def _is_loaded(kind: type, loaded: Mapping[str, ModuleType]) -> bool:
    """Whether a class is none of a module that is gone, or was loaded anew, and is only not collected yet."""
    module = loaded.get(kind.__module__)
    return module is not None and getattr(module, kind.__qualname__, kind) is kind


def _django(loaded: Mapping[str, ModuleType]) -> Iterator[Candidate]:
    if "django.apps" not in loaded:
        return
    from django.apps import apps  # type: ignore[import-untyped]

    for model in apps.get_models() if apps.models_ready else ():
        yield Candidate(_path(model), "django", model)
        yield Candidate(model._meta.label, "django", model)


def _itself(wanted: object) -> Candidate:
    if isinstance(wanted, type):
        kind: Kind = (
            "django" if hasattr(wanted, "_meta") else "mapped" if hasattr(wanted, "__mapper__") else "plain"
        )
        if kind != "plain" or is_plain(wanted):
            return Candidate(_path(wanted), kind, wanted)
    elif type(wanted).__name__ == "Table":
        return Candidate(str(wanted), "table", wanted)
    raise ResourceError(
        f"make: {wanted!r} can't be made",
        "give the name or the class of a SQLAlchemy or Django model, a dataclass, a pydantic model, or a table's name",
        slug="make",
    )


def _belongs(module: object, below: str) -> bool:
    """Whether a module is the project's own: below its root, and not installed there in a virtual environment."""
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and file.startswith(below) and not any(part in file for part in INSTALLED)


def _defined(module: ModuleType) -> Iterator[type]:
    for value in list(vars(module).values()):
        if isinstance(value, type) and value.__module__ == module.__name__:
            yield value


def _path(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _ambiguous(wanted: str, found: list[Candidate]) -> ResourceError:
    paths = sorted(candidate.path for candidate in found)
    return ResourceError(
        f"make: {wanted!r} may be any of {', '.join(paths)}",
        f"say which, with as much of its path as tells it from the others: make({paths[0]!r})",
        slug="make",
    )


def _unknown(wanted: str, known: list[Candidate]) -> ResourceError:
    names = sorted({candidate.name for candidate in known})
    near = get_close_matches(wanted, names, 3)
    return ResourceError(
        f"make: nothing is called {wanted!r}" + (f"; the nearest are {', '.join(near)}" if near else ""),
        f"there are: {', '.join(names)}"
        if names
        else "no model is loaded, and no database is known: import the module that defines the model; for a table, "
        "let the test ask for the database that it is in (of several that are declared, for one only)",
        slug="make",
    )
