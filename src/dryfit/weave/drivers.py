"""Python twins of C classes, which have no code to weave: subclasses whose methods hand everything on."""

from __future__ import annotations

import builtins
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

_WRITING = frozenset("wax+")


@dataclass(frozen=True, slots=True)
class Twins:
    """Functions to weave, by the name of the row, and the attributes that were replaced: owner, name, old value."""

    functions: Mapping[str, FunctionType]
    replaced: tuple[tuple[Any, str, object], ...]

    def restore(self) -> None:
        """Put the old values back."""
        for owner, name, value in self.replaced:
            setattr(owner, name, value)


def sqlite3(module: ModuleType) -> Twins:
    """Have ``sqlite3.connect`` make connections of a subclass, where the caller names no factory of its own."""
    base_cursor, base_connection, old = module.Cursor, module.Connection, module.connect

    class Cursor(base_cursor):  # type: ignore[misc, valid-type]  # its base is known at run time
        def execute(self, *arguments: Any) -> Any:
            return base_cursor.execute(self, *arguments)

        def executemany(self, *arguments: Any) -> Any:
            return base_cursor.executemany(self, *arguments)

        def executescript(self, *arguments: Any) -> Any:
            return base_cursor.executescript(self, *arguments)

    # A connection's own `execute` makes its cursor in C, past the subclass, so it is a twin of its own.
    class Connection(base_connection):  # type: ignore[misc, valid-type]  # its base is known at run time
        def cursor(self, factory: Any = Cursor) -> Any:
            return base_connection.cursor(self, factory)

        def execute(self, *arguments: Any) -> Any:
            return base_connection.execute(self, *arguments)

        def executemany(self, *arguments: Any) -> Any:
            return base_connection.executemany(self, *arguments)

        def executescript(self, *arguments: Any) -> Any:
            return base_connection.executescript(self, *arguments)

        def commit(self) -> None:
            base_connection.commit(self)

        def rollback(self) -> None:
            base_connection.rollback(self)

    def connect(*arguments: Any, **options: Any) -> Any:
        if len(arguments) <= _FACTORY:
            options.setdefault("factory", Connection)
        return old(*arguments, **options)

    _named_as(connect, old)
    owners = [module, module.dbapi2] if hasattr(module, "dbapi2") else [module]
    return Twins(
        _functions(Cursor, *_STATEMENTS) | _functions(Connection, *_STATEMENTS, "commit", "rollback"),
        _replace(owners, "connect", connect),
    )


_STATEMENTS = ("execute", "executemany", "executescript")

_FACTORY = 5
"""Position of ``factory`` among the parameters of ``sqlite3.connect``."""


def psycopg2(module: ModuleType) -> Twins:
    """Have ``psycopg2.connect`` make connections and cursors of subclasses, where the caller names none of its own."""
    base_cursor, base_connection = module.extensions.cursor, module.extensions.connection
    old = module.connect

    class cursor(base_cursor):  # type: ignore[misc, valid-type]  # noqa: N801 - named as its base, known at run time
        def execute(self, *arguments: Any, **options: Any) -> Any:
            return base_cursor.execute(self, *arguments, **options)

        def executemany(self, *arguments: Any, **options: Any) -> Any:
            return base_cursor.executemany(self, *arguments, **options)

    class connection(base_connection):  # type: ignore[misc, valid-type]  # noqa: N801 - as above
        def cursor(self, *arguments: Any, **options: Any) -> Any:
            if len(arguments) <= 1 and self.cursor_factory is None:
                options.setdefault("cursor_factory", cursor)
            return base_connection.cursor(self, *arguments, **options)

        def commit(self) -> None:
            base_connection.commit(self)

        def rollback(self) -> None:
            base_connection.rollback(self)

    def connect(*arguments: Any, **options: Any) -> Any:
        if len(arguments) <= 1:
            options["connection_factory"] = options.get("connection_factory") or connection
        return old(*arguments, **options)

    _named_as(connect, old)
    return Twins(
        _functions(cursor, "execute", "executemany") | _functions(connection, "commit", "rollback"),
        _replace([module], "connect", connect),
    )


def opening(module: ModuleType) -> Twins:
    """Put an opener in place of ``open`` whose ``write`` is called where a file is opened for writing."""
    opener = _Opener(builtins.open)
    return Twins({"open": _Opener.write}, _replace([builtins, io], "open", opener))  # type: ignore[dict-item]


class _Opener:
    """Not a function, so that it stays unbound as a class attribute, as the builtin does."""

    def __init__(self, old: Callable[..., Any]) -> None:
        self._old = old
        self.__name__ = self.__qualname__ = "open"
        self.__doc__ = old.__doc__

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        mode = arguments[1] if len(arguments) > 1 else options.get("mode", "r")
        writes = type(mode) is str and not _WRITING.isdisjoint(mode)
        return self.write(*arguments, **options) if writes else self._old(*arguments, **options)

    def write(self, *arguments: Any, **options: Any) -> Any:
        return self._old(*arguments, **options)

    def __repr__(self) -> str:
        return repr(self._old)


def _functions(owner: type, *names: str) -> dict[str, FunctionType]:
    owner.__module__, owner.__qualname__ = owner.__base__.__module__, owner.__name__  # type: ignore[union-attr]
    return {f"{owner.__name__}.{name}": vars(owner)[name] for name in names}


def _named_as(function: FunctionType | Callable[..., Any], old: Any) -> None:
    function.__module__, function.__qualname__ = old.__module__, old.__qualname__
    function.__doc__ = old.__doc__


def _replace(owners: list[Any], name: str, new: object) -> tuple[tuple[Any, str, object], ...]:
    replaced = tuple((owner, name, getattr(owner, name)) for owner in owners)
    for owner in owners:
        setattr(owner, name, new)
    return replaced
